const record = (target, type, log, name, options) => target.addEventListener(type, () => log.push(name), options);

test("listeners run in the order in which they were added", () => {
  const target = new EventTarget(), log = [];
  for (const name of ["a", "b", "c"]) record(target, "x", log, name);
  equal(target.dispatchEvent(new Event("x")), true, "the result of dispatchEvent");
  equal(log, ["a", "b", "c"]);
});

test("the same listener is added once, and once more for capture", () => {
  const target = new EventTarget();
  let calls = 0;
  const listener = () => calls++;
  target.addEventListener("x", listener);
  target.addEventListener("x", listener, { once: true });
  target.addEventListener("x", listener, true);
  target.dispatchEvent(new Event("x"));
  equal(calls, 2);
});

test("once removes a listener before it runs", () => {
  const target = new EventTarget(), log = [];
  target.addEventListener("x", () => { log.push("once"); target.dispatchEvent(new Event("x")); }, { once: true });
  target.dispatchEvent(new Event("x"));
  equal(log, ["once"]);
});

test("a removed listener does not run, even if it was removed by one before it", () => {
  const target = new EventTarget(), log = [];
  const second = () => log.push("second");
  target.addEventListener("x", () => target.removeEventListener("x", second));
  target.addEventListener("x", second);
  target.dispatchEvent(new Event("x"));
  equal(log, []);
});

test("a listener added during dispatch is called for the next event", () => {
  const target = new EventTarget(), log = [];
  target.addEventListener("x", () => record(target, "x", log, "late"));
  target.dispatchEvent(new Event("x"));
  equal(log, []);
});

test("stopImmediatePropagation skips the other listeners, stopPropagation does not", () => {
  const target = new EventTarget(), log = [];
  target.addEventListener("x", (event) => event.stopPropagation());
  target.addEventListener("x", (event) => { log.push("stops"); event.stopImmediatePropagation(); });
  record(target, "x", log, "never");
  target.dispatchEvent(new Event("x"));
  equal(log, ["stops"]);
});

test("preventDefault has an effect only for cancelable events and outside of passive listeners", () => {
  const target = new EventTarget();
  target.addEventListener("x", (event) => event.preventDefault());
  equal(target.dispatchEvent(new Event("x", { cancelable: true })), false);
  equal(target.dispatchEvent(new Event("x")), true);
  const quiet = new EventTarget();
  quiet.addEventListener("x", (event) => event.preventDefault(), { passive: true });
  equal(quiet.dispatchEvent(new Event("x", { cancelable: true })), true);
});

test("an object's handleEvent is called on the object", () => {
  const target = new EventTarget(), listener = { handleEvent(event) { this.seen = event.type; } };
  target.addEventListener("x", listener);
  target.dispatchEvent(new Event("x"));
  equal(listener.seen, "x");
});

test("a function is called on the target", () => {
  const target = new EventTarget();
  let self;
  target.addEventListener("x", function () { self = this; });
  target.dispatchEvent(new Event("x"));
  ok(self === target, "this must be the target");
});

test("a listener that throws is reported, and the others run", () => {
  const target = new EventTarget(), log = [], reported = [];
  internal.setReporter((error) => reported.push(error.message));
  target.addEventListener("x", () => { throw new Error("oops"); });
  target.addEventListener("x", {});
  record(target, "x", log, "next");
  target.dispatchEvent(new Event("x"));
  equal(log, ["next"]);
  equal(reported, ["oops", 'The listener of "x" is an object without a method handleEvent']);
});

test("a signal removes a listener", () => {
  const target = new EventTarget(), log = [], controller = new AbortController();
  record(target, "x", log, "heard", { signal: controller.signal });
  target.dispatchEvent(new Event("x"));
  controller.abort();
  target.dispatchEvent(new Event("x"));
  record(target, "x", log, "never", { signal: controller.signal });
  target.dispatchEvent(new Event("x"));
  equal(log, ["heard"]);
  throws(() => target.addEventListener("x", () => {}, { signal: {} }), "TypeError", "AbortSignal");
});

test("null is ignored as a listener, a string is an error", () => {
  const target = new EventTarget();
  target.addEventListener("x", null);
  throws(() => target.addEventListener("x", "text"), "TypeError", "handleEvent");
  throws(() => target.dispatchEvent({ type: "x" }), "TypeError", "Event");
});

test("an event has its target during dispatch", () => {
  const target = new EventTarget(), event = new Event("x");
  let during;
  target.addEventListener("x", (e) => (during = [e.target === target, e.currentTarget === target, e.eventPhase, e.composedPath().length]));
  equal([event.target, event.eventPhase], [null, 0]);
  target.dispatchEvent(event);
  equal(during, [true, true, 2, 1]);
  equal([event.target === target, event.currentTarget, event.eventPhase], [true, null, 0]);
});

test("an event cannot be dispatched during its own dispatch, but after it", () => {
  const target = new EventTarget(), event = new Event("x");
  let error;
  target.addEventListener("x", () => { try { target.dispatchEvent(event); } catch (e) { error ??= e; } });
  target.dispatchEvent(event);
  equal([error.name, error.code], ["InvalidStateError", 11]);
  equal(target.dispatchEvent(event), true);
});

test("an event that a script creates is not trusted", () => equal(new Event("x").isTrusted, false));

test("CustomEvent and MessageEvent have data", () => {
  equal(new CustomEvent("x", { detail: { a: 1 } }).detail, { a: 1 });
  equal(new CustomEvent("x").detail, null);
  const event = new MessageEvent("message", { data: 5, origin: "o", lastEventId: "i" });
  equal([event.data, event.origin, event.lastEventId, event.source, event.ports], [5, "o", "i", null, []]);
  throws(() => new Event(), "TypeError", "1 argument");
});

test("a class can extend EventTarget", () => {
  class Room extends EventTarget {}
  const room = new Room(), log = [];
  record(room, "x", log, "heard");
  room.dispatchEvent(new Event("x"));
  equal(log, ["heard"]);
});

test("the global dispatchEvent calls global listeners with globalThis as target", () => {
  const seen = [];
  const listener = (event) => seen.push([event.target === globalThis, event.isTrusted, event.type]);
  addEventListener("mine", listener);
  ok(dispatchEvent(new Event("mine")), "dispatchEvent must return true");
  removeEventListener("mine", listener);
  dispatchEvent(new Event("mine"));
  equal(seen, [[true, false, "mine"]]);
  throws(() => dispatchEvent("mine"), "TypeError", "Event");
});

test("the events of sockets", () => {
  const close = new CloseEvent("close", { code: 3000, reason: "bye", wasClean: true });
  equal([close.type, close.code, close.reason, close.wasClean, close instanceof Event], ["close", 3000, "bye", true, true]);
  const bare = new CloseEvent("close");
  equal([bare.code, bare.reason, bare.wasClean], [0, "", false]);
  const error = new RangeError("no"), failure = new ErrorEvent("error", { message: "no", error });
  equal([failure.message, failure.error === error, failure.filename, failure.lineno, failure.colno], ["no", true, "", 0, 0]);
  const again = new CloseEvent("close", close), failed = new ErrorEvent("error", failure); // events have the members of their own init
  equal([again.code, again.reason, again.wasClean, failed.message, failed.error === error], [3000, "bye", true, "no", true]);
  throws(() => new CloseEvent(), "TypeError");
  throws(() => new ErrorEvent(), "TypeError");
});

test("initEvent initialises an event again, unless it is being dispatched", () => {
  const event = new Event("x"), target = new EventTarget(), log = [];
  event.initEvent("y", true, true);
  equal([event.type, event.bubbles, event.cancelable], ["y", true, true]);
  target.addEventListener("y", (e) => e.initEvent("z"));
  target.dispatchEvent(event);
  equal(event.type, "y");
});

test("an exception that is not caught causes an error event on the global object", async () => {
  const reported = [], seen = [];
  internal.setReporter((error) => reported.push(error.message));
  const listener = (event) => {
    seen.push([event.error.message, event.message, event.isTrusted, event.target === globalThis]);
    if (event.error.message !== "two") event.preventDefault();
  };
  addEventListener("error", listener);
  reportError(new Error("one"));
  reportError(new Error("two"));
  queueMicrotask(() => { throw new Error("three"); });
  setTimeout(() => { throw new Error("four"); }, 1);
  await sleep(2);
  removeEventListener("error", listener);
  equal(seen.map(([message]) => message), ["one", "two", "three", "four"]);
  equal(seen[0], ["one", "Uncaught Error: one", true, true]);
  equal(reported, ["two"], "an exception is reported unless a listener cancels the event");
});

test("an exception of a listener for errors is reported and causes no event", () => {
  const reported = [];
  internal.setReporter((error) => reported.push(error.message));
  const listener = () => { throw new Error("again"); };
  addEventListener("error", listener);
  reportError(new Error("first"));
  removeEventListener("error", listener);
  equal(reported, ["again", "first"]);
});
