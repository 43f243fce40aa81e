test("abort dispatches one event, and sets the reason", () => {
  const { signal } = new AbortController(), log = [];
  equal([signal.aborted, signal.reason], [false, undefined]);
  const controller = new AbortController();
  controller.signal.onabort = (event) => log.push(event.type, event.isTrusted, controller.signal.aborted);
  controller.abort();
  controller.abort("again");
  equal(log, ["abort", true, true]);
  equal([controller.signal.reason.name, controller.signal.reason.code], ["AbortError", 20]);
});

test("the reason is the argument of abort", () => {
  const controller = new AbortController();
  controller.abort("why");
  equal(controller.signal.reason, "why");
  let thrown;
  try { controller.signal.throwIfAborted(); } catch (e) { thrown = e; }
  equal(thrown, "why");
});

test("AbortSignal.abort returns an aborted signal", () => equal([AbortSignal.abort().aborted, AbortSignal.abort(1).reason], [true, 1]));

test("AbortSignal.timeout aborts after the delay", async () => {
  const signal = AbortSignal.timeout(100);
  await sleep(99);
  equal(signal.aborted, false);
  await sleep(1);
  equal([signal.aborted, signal.reason.name], [true, "TimeoutError"]);
  throws(() => AbortSignal.timeout(-1), "TypeError", "milliseconds");
  throws(() => AbortSignal.timeout("x"), "TypeError", "milliseconds");
});

test("AbortSignal.any aborts with the first signal", () => {
  const a = new AbortController(), b = new AbortController();
  const any = AbortSignal.any([a.signal, b.signal]), further = AbortSignal.any([any]);
  b.abort("b");
  a.abort("a");
  equal([any.reason, further.reason], ["b", "b"]);
  equal(AbortSignal.any([new AbortController().signal, AbortSignal.abort(3)]).reason, 3);
  equal(AbortSignal.any([]).aborted, false);
  throws(() => AbortSignal.any([{}]), "TypeError", "AbortSignal");
});

test("a handler attribute has one function, which can be removed", () => {
  const controller = new AbortController(), log = [];
  equal(controller.signal.onabort, null);
  controller.signal.onabort = () => log.push("first");
  controller.signal.onabort = () => log.push("second");
  controller.signal.addEventListener("abort", () => log.push("third"));
  controller.abort();
  equal(log, ["second", "third"]);
  const quiet = new AbortController();
  quiet.signal.onabort = () => log.push("never");
  quiet.signal.onabort = null;
  quiet.abort();
  equal(log.length, 2);
});

test("a dependent signal is aborted before code of the script runs", () => {
  const a = new AbortController(), b = new AbortController(), log = [];
  const both = AbortSignal.any([a.signal, b.signal]), deeper = AbortSignal.any([both, a.signal]);
  a.signal.onabort = () => log.push("source", both.aborted, deeper.aborted);
  both.addEventListener("abort", () => log.push("both"));
  deeper.onabort = () => log.push("deeper");
  a.abort();
  b.abort("late");
  equal(log, ["source", true, true, "both", "deeper"]);
  ok(both.reason === a.signal.reason && deeper.reason === a.signal.reason, "all signals must have the same reason");
});

test("a signal removes listeners, and the change is noticed", () => {
  const controller = new AbortController(), target = new EventTarget(), log = [];
  target.addEventListener("x", () => log.push("first"), { signal: controller.signal });
  target.addEventListener("x", () => log.push("second"), { signal: controller.signal, once: true });
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("x"));
  controller.abort();
  target.dispatchEvent(new Event("x"));
  target.addEventListener("x", () => log.push("never"), { signal: controller.signal });
  target.dispatchEvent(new Event("x"));
  equal(log, ["first", "second", "first"]);
});

test("a dependent signal with listeners is not collected", async () => {
  const controller = new AbortController(), log = [];
  AbortSignal.any([controller.signal]).addEventListener("abort", () => log.push("any"));
  AbortSignal.any([AbortSignal.timeout(10), controller.signal]).onabort = () => log.push("any of a timeout");
  AbortSignal.timeout(10).onabort = () => log.push("timeout");
  new EventTarget().addEventListener("x", () => {}, { signal: AbortSignal.any([controller.signal]) });
  collect();
  await sleep(10);
  controller.abort();
  equal(log, ["any of a timeout", "timeout", "any"]);
});

// Objects that are created many times and dropped must be collected. The test collects cycles often, because the engine does
// that only from time to time, and lists of weak references are swept after it.
const memoryAfter = async (make, count) => {
  for (let i = 0; i < count; i++) {
    make(i);
    if (i % 25 === 0) collect();
  }
  collect();
  await sleep(0); // FinalizationRegistry callbacks may run
  return collect();
};
const longLived = new AbortController();

for (const [what, make] of Object.entries({
  "any of a long-lived signal": () => AbortSignal.any([longLived.signal]),
  "any of that, twice": () => AbortSignal.any([AbortSignal.any([longLived.signal]), longLived.signal]),
  "any with a source that has aborted": () => {
    const other = new AbortController();
    AbortSignal.any([longLived.signal, other.signal]);
    other.abort();
  },
  "any with a listener, after a source has aborted": () => {
    const other = new AbortController(), any = AbortSignal.any([longLived.signal, other.signal]);
    any.onabort = () => any;
    other.abort();
  },
  "any whose listener was removed": () => {
    const any = AbortSignal.any([longLived.signal]), listener = () => any;
    any.addEventListener("abort", listener);
    any.removeEventListener("abort", listener);
    any.onabort = listener;
    any.onabort = null;
  },
  "a listener with a long-lived signal": () => {
    const target = new EventTarget();
    target.addEventListener("x", () => target, { signal: longLived.signal });
  },
  "a listener with a dependent signal": () => {
    const target = new EventTarget();
    target.addEventListener("x", () => target, { signal: AbortSignal.any([longLived.signal]) });
  },
  "a handler that refers to its target": () => {
    const { signal } = new AbortController();
    signal.onabort = () => signal;
  },
  "a handler of a channel that is closed": (i) => {
    const channel = new BroadcastChannel("c" + i);
    channel.onmessage = () => channel;
    channel.close();
  },
  "a handler of a request's signal": () => {
    const request = internal.makeRequest({ url: "http://h/", method: "GET", headers: [], body: null });
    request.signal.onabort = () => request;
  },
  "a timeout that has not passed": () => AbortSignal.timeout(60000),
  "a response and its stream": () => {
    const response = new Response("text");
    response.own = response.body.getReader();
    response.own.response = response;
  },
})) {
  test(`memory: ${what}`, async () => {
    const before = await memoryAfter(make, 200), size = (await memoryAfter(make, 500)) - before;
    ok(size < 30000, `the objects must be collected, but 500 of them use ${size} bytes`);
  });
}
