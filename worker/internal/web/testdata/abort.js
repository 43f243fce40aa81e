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

test("a signal that depends on others aborts with the first, before anything of the script runs", () => {
  const a = new AbortController(), b = new AbortController(), log = [];
  const both = AbortSignal.any([a.signal, b.signal]), deeper = AbortSignal.any([both, a.signal]);
  a.signal.onabort = () => log.push("source", both.aborted, deeper.aborted);
  both.addEventListener("abort", () => log.push("both"));
  deeper.onabort = () => log.push("deeper");
  a.abort();
  b.abort("late");
  equal(log, ["source", true, true, "both", "deeper"]);
  ok(both.reason === a.signal.reason && deeper.reason === a.signal.reason, "all have the same reason");
});

test("a listener that a signal has removed is gone, and its watchers know", () => {
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

test("a dependent signal that something waits for is not lost", async () => {
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

// What is made many times and dropped must be gone. Where objects lead to each other the engine collects them now and
// then, and lists of weak references are tidied after that; here it collects often.
const grows = async (make, count) => {
  for (let i = 0; i < count; i++) {
    make(i);
    if (i % 25 === 0) collect();
  }
  collect();
  await sleep(0); // what has been collected may have something to run
  return collect();
};
const life = new AbortController();

for (const [what, make] of Object.entries({
  "any of a signal that lives": () => AbortSignal.any([life.signal]),
  "any of that, twice": () => AbortSignal.any([AbortSignal.any([life.signal]), life.signal]),
  "any with a source that has aborted": () => {
    const other = new AbortController();
    AbortSignal.any([life.signal, other.signal]);
    other.abort();
  },
  "any with a listener, after a source has aborted": () => {
    const other = new AbortController(), any = AbortSignal.any([life.signal, other.signal]);
    any.onabort = () => any;
    other.abort();
  },
  "any whose listener was removed": () => {
    const any = AbortSignal.any([life.signal]), listener = () => any;
    any.addEventListener("abort", listener);
    any.removeEventListener("abort", listener);
    any.onabort = listener;
    any.onabort = null;
  },
  "a listener with a signal that lives": () => {
    const target = new EventTarget();
    target.addEventListener("x", () => target, { signal: life.signal });
  },
  "a listener with a dependent signal": () => {
    const target = new EventTarget();
    target.addEventListener("x", () => target, { signal: AbortSignal.any([life.signal]) });
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
    const request = internal.received({ url: "http://h/", method: "GET", headers: [], body: null });
    request.signal.onabort = () => request;
  },
  "a timeout that has not passed": () => AbortSignal.timeout(60000),
  "a response and its stream": () => {
    const response = new Response("text");
    response.own = response.body.getReader();
    response.own.response = response;
  },
})) {
  test(`memory: ${what} is collected`, async () => {
    const before = await grows(make, 200), size = (await grows(make, 500)) - before;
    ok(size < 30000, `500 of them take ${size} bytes`);
  });
}
