test("marks and measures are entries of the timeline until they are cleared", async () => {
  const mark = performance.mark("a", { detail: { n: 1 } });
  await sleep(10);
  performance.mark("b");
  const measure = performance.measure("a to b", "a", "b");
  equal([mark.entryType, mark.duration, mark.detail], ["mark", 0, { n: 1 }]);
  equal([measure.entryType, measure.startTime === mark.startTime, measure.duration], ["measure", true, 10]);
  equal(performance.getEntries().map((entry) => entry.name), ["a", "a to b", "b"], "the entries in the order of their start times");
  equal(performance.getEntriesByType("mark").length, 2);
  equal(performance.getEntriesByName("a", "measure"), []);
  performance.clearMarks("a");
  performance.clearMeasures();
  equal(performance.getEntries().map((entry) => entry.name), ["b"]);
});

test("measure accepts times and durations, and refuses what contradicts itself", () => {
  equal(performance.measure("m", { start: 5, duration: 7 }).toJSON(), { name: "m", entryType: "measure", startTime: 5, duration: 7 });
  equal(performance.measure("m", { end: 9, duration: 4 }).startTime, 5);
  throws(() => performance.measure("m", { start: 1, duration: 1, end: 2 }), "TypeError", "at most two");
  throws(() => performance.measure("m", { detail: 1 }), "TypeError", "start or end");
  throws(() => performance.measure("m", "nowhere"), "SyntaxError", "nowhere");
  throws(() => performance.mark("m", { startTime: -1 }), "TypeError", "negative");
});

test("a PerformanceObserver is called with new entries, in a separate turn", async () => {
  const seen = [];
  performance.clearMarks();
  performance.mark("early");
  const observer = new PerformanceObserver((list, self) => seen.push([list.getEntries().map((entry) => entry.name), self === observer]));
  observer.observe({ type: "mark", buffered: true });
  performance.mark("one");
  performance.measure("not observed");
  equal(seen, []);
  await sleep(1);
  equal(seen, [[["early", "one"], true]]);
  observer.disconnect();
  performance.mark("two");
  await sleep(1);
  equal([seen.length, PerformanceObserver.supportedEntryTypes], [1, ["mark", "measure"]]);
});

test("performance is an EventTarget of a class that scripts cannot create", () => {
  ok(performance instanceof EventTarget && performance instanceof Performance, "performance must be an EventTarget");
  throws(() => new Performance(), "TypeError", "Illegal constructor");
  throws(() => new PerformanceEntry(), "TypeError", "performance.mark()");
});

test("an exception of an observer is reported, and only the other observers that have entries are called", async () => {
  const reported = [], called = [];
  internal.setReporter((error) => reported.push(error.message));
  const observe = (type, callback) => {
    const observer = new PerformanceObserver(callback);
    observer.observe({ type });
    return observer;
  };
  const observers = [
    observe("mark", () => { throw new Error("of the first observer"); }),
    observe("mark", () => called.push("second")),
    observe("measure", () => called.push("third")),
  ];
  performance.mark("m");
  await sleep(1);
  for (const observer of observers) observer.disconnect();
  equal([reported, called], [["of the first observer"], ["second"]]);
});
