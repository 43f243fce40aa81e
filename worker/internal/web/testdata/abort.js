test("abort tells listeners once, with a reason", () => {
  const { signal } = new AbortController(), log = [];
  equal([signal.aborted, signal.reason], [false, undefined]);
  const controller = new AbortController();
  controller.signal.onabort = (event) => log.push(event.type, event.isTrusted, controller.signal.aborted);
  controller.abort();
  controller.abort("again");
  equal(log, ["abort", true, true]);
  equal([controller.signal.reason.name, controller.signal.reason.code], ["AbortError", 20]);
});

test("the reason is what abort was given", () => {
  const controller = new AbortController();
  controller.abort("why");
  equal(controller.signal.reason, "why");
  let thrown;
  try { controller.signal.throwIfAborted(); } catch (e) { thrown = e; }
  equal(thrown, "why");
});

test("AbortSignal.abort is aborted already", () => equal([AbortSignal.abort().aborted, AbortSignal.abort(1).reason], [true, 1]));

test("AbortSignal.timeout aborts in time", async () => {
  const signal = AbortSignal.timeout(100);
  await sleep(99);
  equal(signal.aborted, false);
  await sleep(1);
  equal([signal.aborted, signal.reason.name], [true, "TimeoutError"]);
  throws(() => AbortSignal.timeout(-1), "TypeError", "milliseconds");
  throws(() => AbortSignal.timeout("x"), "TypeError", "milliseconds");
});

test("AbortSignal.any follows the first that aborts", () => {
  const a = new AbortController(), b = new AbortController();
  const any = AbortSignal.any([a.signal, b.signal]), further = AbortSignal.any([any]);
  b.abort("b");
  a.abort("a");
  equal([any.reason, further.reason], ["b", "b"]);
  equal(AbortSignal.any([new AbortController().signal, AbortSignal.abort(3)]).reason, 3);
  equal(AbortSignal.any([]).aborted, false);
  throws(() => AbortSignal.any([{}]), "TypeError", "AbortSignal");
});

test("a handler attribute holds one function, which can be taken away", () => {
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
