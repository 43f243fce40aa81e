const seen = [];
const note = (event) => seen.push(event);
const taken = () => seen.splice(0);
const reported = [];
internal.setReporter((error) => reported.push(error));

test("reportError dispatches an error event", () => {
  addEventListener("error", note);
  const error = new TypeError("m");
  reportError(error);
  reportError("text");
  const [first, second] = taken();
  ok(first instanceof ErrorEvent && first.isTrusted && first.cancelable && first.target === globalThis, "the event must be an ErrorEvent at the global object");
  equal([first.message, first.error === error, first.filename, first.lineno > 0 && first.colno > 0], ["Uncaught TypeError: m", true, "testdata/reports.js", true]);
  equal([second.message, second.error, second.filename, second.lineno], ["Uncaught text", "text", "", 0]);
  equal(reported.splice(0), [error, "text"], "an event that was not canceled is reported too");
  removeEventListener("error", note);
});

test("a listener that cancels the event handles the exception", async () => {
  const cancel = (event) => { note(event); event.preventDefault(); };
  addEventListener("error", cancel);
  reportError(new Error("a"));
  queueMicrotask(() => { throw new Error("b"); });
  setTimeout(() => { throw new Error("c"); });
  new EventTarget().dispatchEvent(new Event("x"));
  const target = new EventTarget();
  target.addEventListener("x", () => { throw new Error("d"); });
  target.dispatchEvent(new Event("x"));
  await sleep(1);
  equal(taken().map((event) => event.error.message), ["a", "d", "b", "c"]);
  equal(reported, []);
  removeEventListener("error", cancel);
});

test("an exception of a listener for errors does not cause another event", () => {
  const fail = (event) => { note(event); throw new Error("second"); };
  addEventListener("error", fail);
  reportError(new Error("first"));
  equal([taken().length, reported.splice(0).map((error) => error.message)], [1, ["second", "first"]]);
  removeEventListener("error", fail);
});

test("an exception that cannot be converted to text has an event too", () => {
  addEventListener("error", note);
  reportError({ toString() { throw new Error("no text"); } });
  equal([taken().map((event) => event.message), reported.splice(0).length], [["Uncaught exception"], 1]);
  removeEventListener("error", note);
});

test("onerror has five arguments, and true cancels the event", () => {
  const error = new Error("m");
  let args;
  onerror = function (...list) { args = [this === globalThis, ...list]; return true; };
  equal(typeof onerror, "function");
  reportError(error);
  equal(args.with(-2, 0), [true, "Uncaught Error: m", "testdata/reports.js", args[3], 0, error]);
  onerror = () => {};
  reportError(error);
  onerror = null;
  reportError(error);
  equal([reported.splice(0).length, onerror], [2, null]);
});

test("unhandledrejection and rejectionhandled", async () => {
  addEventListener("unhandledrejection", note);
  addEventListener("rejectionhandled", note);
  const error = new Error("m"), promise = Promise.reject(error);
  Promise.reject(error).catch(() => {});
  await sleep(0);
  const [first, none] = taken();
  ok(first instanceof PromiseRejectionEvent && first.isTrusted && first.cancelable && none === undefined, "there must be one event");
  equal([first.type, first.promise === promise, first.reason === error], ["unhandledrejection", true, true]);
  promise.catch(() => {});
  await sleep(0);
  const [second] = taken();
  equal([second.type, second.promise === promise, second.cancelable], ["rejectionhandled", true, false]);
  removeEventListener("unhandledrejection", note);
  removeEventListener("rejectionhandled", note);
  const later = Promise.reject(error);
  await sleep(0);
  later.catch(() => {});
  await sleep(0);
  equal(taken(), []);
});

test("onunhandledrejection, and false cancels the event", async () => {
  const reasons = [];
  onunhandledrejection = (event) => { reasons.push(event.reason); return false; };
  Promise.reject(1);
  await sleep(0);
  onunhandledrejection = null;
  equal(reasons, [1]);
});

test("the events can be constructed", () => {
  const promise = Promise.resolve();
  const event = new PromiseRejectionEvent("x", { promise, reason: 1, cancelable: true });
  equal([event.type, event.promise === promise, event.reason, event.isTrusted], ["x", true, 1, false]);
  throws(() => new PromiseRejectionEvent("x"), "TypeError");
  throws(() => new PromiseRejectionEvent("x", {}), "TypeError", "promise");
  const error = new ErrorEvent("error", { message: 1, lineno: "7", error: 0 });
  equal([error.message, error.filename, error.lineno, error.colno, error.error, new ErrorEvent("e").error], ["1", "", 7, 0, 0, undefined]);
});
