const { Owner, begin, capture, current, enter, nodeModule, resume } = internal;

// name returns the name of the Owner of the code that runs.
const name = () => current()?.subject ?? "none";
const turn = () => new Promise((resolve) => setTimeout(resolve));

test("enter makes an Owner the current one for the call", () => {
  const log = [name()];
  const [a, b] = [new Owner("a"), new Owner("b")];
  equal(enter(a, (...args) => { log.push(name()); enter(b, () => log.push(name())); log.push(name()); return args; }, 1, 2), [1, 2]);
  throws(() => enter(a, () => { throw new RangeError(name()); }), "RangeError", "a");
  equal([...log, name()], ["none", "a", "b", "a", "none"]);
});

test("the Owner follows awaits, promises, jobs and timers", async () => {
  const log = [];
  const note = (where) => log.push(`${where} ${name()}`);
  const run = async () => {
    await null;
    note("await");
    await Promise.all([turn().then(() => note("then")), turn()]);
    note("all");
    queueMicrotask(() => note("job"));
    for await (const _ of (async function* () { await turn(); note("generator"); yield 1; })()) note("loop");
    await scheduler.wait(1);
    note("wait");
    const done = Promise.withResolvers();
    const id = setInterval(() => { note("interval"); clearInterval(id); done.resolve(); }, 1);
    await done.promise;
    await new ReadableStream({ async pull(controller) { await turn(); note("stream"); controller.close(); } }).getReader().read();
    await new Promise((resolve) => {
      AbortSignal.timeout(1).onabort = () => { note("signal"); resolve(); };
    });
    await crypto.subtle.digest("SHA-1", new Uint8Array(1));
    note("digest");
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port2.onmessage = () => { note("port"); resolve(); };
      port1.postMessage(1);
    });
    await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    note("wasm");
    await { then(resolve) { note("thenable"); resolve(); } };
  };
  await enter(new Owner("a"), run);
  equal(log, [
    "await a", "then a", "all a", "job a", "generator a", "loop a", "wait a", "interval a", "stream a", "signal a", "digest a", "port a", "wasm a", "thenable a",
  ]);
  equal(name(), "none");
});

test("Owners at the same time do not mix", async () => {
  const log = [];
  await Promise.all(["a", "b", "c"].map((subject, i) => enter(new Owner(subject), async () => {
    for (let n = 0; n < 3; n++) {
      await scheduler.wait(3 - i);
      if (name() !== subject) log.push(`${subject} ran as ${name()}`);
    }
  })));
  equal(log, []);
});

test("AsyncLocalStorage has its stores beside the Owner", async () => {
  const { AsyncLocalStorage, AsyncResource } = nodeModule("async_hooks");
  const storage = new AsyncLocalStorage();
  const [a, b] = [new Owner("a"), new Owner("b")];
  const seen = await enter(a, () => storage.run(1, async () => { await turn(); return [name(), storage.getStore()]; }));
  equal(seen, ["a", 1]);
  const snapshot = enter(a, () => storage.run(2, () => AsyncLocalStorage.snapshot()));
  equal(enter(b, snapshot, () => [name(), storage.getStore()]), ["b", 2], "a snapshot has stores, and no Owner");
  const resource = enter(a, () => storage.run(3, () => new AsyncResource("x")));
  equal(resource.runInAsyncScope(() => [name(), storage.getStore()]), ["none", 3]);
  equal(storage.run(4, () => enter(a, () => [name(), storage.getStore() ?? null])), ["a", null], "an Owner begins without stores");
});

test("pending is the number of operations in progress", async () => {
  const owner = new Owner("a");
  const counts = [];
  const count = () => counts.push(owner.pending);
  const { promise, resolve } = Promise.withResolvers();
  const rejected = Promise.withResolvers();
  enter(owner, () => {
    count(); // 0
    const once = setTimeout(count, 1);
    clearTimeout(setInterval(() => {}, 1));
    count(); // 1: the timer
    void once;
  });
  await scheduler.wait(2); // 0: it has fired
  count(); // 0
  owner.holdUntil(promise);
  owner.holdUntil(rejected.promise, (error) => counts.push(error));
  count(); // 2
  resolve();
  rejected.reject("failed");
  await turn();
  count(); // 0
  const channel = enter(owner, () => {
    const created = new BroadcastChannel("news");
    created.onmessage = () => counts.push(name());
    return created;
  });
  count(); // 1: a channel with a listener
  const other = new BroadcastChannel("news");
  other.postMessage("hello");
  await turn();
  channel.close();
  other.close();
  count(); // 0
  equal(counts, [0, 1, 0, 0, 2, "failed", 0, 1, "a", 0]);
});

test("an operation holds its Owner and calls its callbacks in the context in which it began", async () => {
  const owner = new Owner("a");
  const operation = enter(owner, () => begin(() => {}));
  const log = [];
  equal(owner.pending, 1);
  operation.step((value) => log.push(name() + value), 1);
  operation.end((value) => log.push(name() + value), 2);
  equal([...log, owner.pending, name()], ["a1", "a2", 0, "none"]);
  const captured = enter(owner, capture);
  resume(captured, () => log.push(name()));
  resume(undefined, () => log.push(name()));
  begin(() => {}).end(() => log.push(name()));
  equal(log, ["a1", "a2", "a", "none", "none"]);
});

test("end cancels what is in progress, and nothing of the Owner runs afterwards", async () => {
  const owner = new Owner("a");
  const log = [];
  enter(owner, () => {
    setTimeout(() => log.push("timer"), 1);
    setInterval(() => log.push("interval"), 1);
    begin((reason) => log.push(`cancelled: ${reason}`));
    new BroadcastChannel("news").onmessage = () => log.push("message");
  });
  const late = enter(owner, () => begin(() => log.push("never")));
  const ended = enter(owner, () => begin(() => log.push("never")));
  ended.end();
  late.end();
  owner.end("evicted");
  owner.end("again");
  owner.deliver(() => log.push("event"));
  late.step(() => log.push("answer"));
  new BroadcastChannel("news").postMessage(1);
  enter(owner, () => setTimeout(() => log.push("late timer")));
  const refused = enter(owner, () => begin(() => log.push("never")));
  await scheduler.wait(5);
  equal(log, ["cancelled: evicted"]);
  equal([owner.pending, owner.ended, owner.reason, refused.refused, refused.reason], [0, true, "evicted", true, "evicted"]);
});

test("block runs a critical section in a turn of its own while events, timers and answers wait in order", async () => {
  const owner = new Owner("a");
  const log = [];
  const answer = enter(owner, () => begin(() => {}));
  const section = enter(owner, async () => {
    setTimeout(() => log.push("timer"), 1);
    const done = owner.block(async () => {
      log.push("section");
      setTimeout(() => log.push("own timer"), 2);
      await scheduler.wait(5);
      log.push("complete");
      return 7;
    });
    log.push("sync");
    await null;
    log.push("job");
    log.push(`result ${await done}`);
  });
  owner.deliver(() => log.push("event 1"));
  await scheduler.wait(3);
  answer.end(() => log.push("answer"));
  owner.deliver(() => { log.push("event 2"); Promise.resolve().then(() => log.push("job of event 2")); });
  owner.deliver(() => log.push("event 3"));
  ok(owner.pending > 0, "what waits keeps the Owner awake");
  await section;
  await scheduler.wait(5);
  equal(log, ["sync", "job", "section", "own timer", "complete", "result 7", "event 1", "timer", "answer", "event 2", "job of event 2", "event 3"]);
  equal(owner.pending, 0);
});

test("sections wait for each other, and events for all that have begun", async () => {
  const owner = new Owner("a");
  const log = [];
  const section = (what, delay) => owner.block(async () => { log.push(`${what} begins`); await scheduler.wait(delay); log.push(`${what} ends`); });
  enter(owner, () => { section("1", 5); section("2", 1); });
  owner.deliver(() => { log.push("event"); section("3", 1); });
  owner.deliver(() => log.push("next event"));
  await scheduler.wait(20);
  equal(log, ["1 begins", "1 ends", "2 begins", "2 ends", "event", "3 begins", "3 ends", "next event"]);
});

test("a section within a section makes the outer one wait", async () => {
  const owner = new Owner("a");
  const log = [];
  await enter(owner, () => owner.block(async () => {
    setTimeout(() => log.push("outer timer"), 1);
    await owner.block(async () => {
      setTimeout(() => log.push("inner timer"), 1);
      await scheduler.wait(5);
      log.push("inner ends");
    });
    await scheduler.wait(5);
    owner.block(async () => { await scheduler.wait(5); log.push("last ends"); }); // not awaited
    log.push("outer ends");
  }));
  owner.deliver(() => log.push("event"));
  await scheduler.wait(20);
  equal(log, ["inner timer", "inner ends", "outer timer", "outer ends", "last ends", "event"]);
});

test("code of a section that has ended belongs to the gate around it", async () => {
  const owner = new Owner("a");
  const log = [];
  await enter(owner, () => owner.block(async () => void setTimeout(() => log.push("timer"), 5)));
  const next = enter(owner, () => owner.block(() => scheduler.wait(10).then(() => log.push("second section"))));
  await next;
  await scheduler.wait(5);
  equal(log, ["second section", "timer"]);
});

test("the promise of block rejects with the exception of its function, and the gate opens", async () => {
  const owner = new Owner("a");
  const log = [];
  const failed = enter(owner, () => owner.block(() => { throw new RangeError("failed"); }));
  owner.deliver(() => log.push("event"));
  await rejects(failed, "RangeError", "failed");
  await turn();
  equal(log, ["event"]);
});

test("end during a section drops what waits", async () => {
  const owner = new Owner("a");
  const log = [];
  enter(owner, () => owner.block(async () => { log.push("section"); await scheduler.wait(5); log.push("never"); }));
  owner.deliver(() => log.push("never"));
  await scheduler.wait(1);
  owner.end(new Error("reset"));
  await scheduler.wait(20);
  equal([...log, owner.pending], ["section", 0]);
});

test("an exception of a callback that has waited is reported, and the next one is called", async () => {
  const owner = new Owner("a");
  const log = [];
  addEventListener("error", (event) => { log.push(event.message); event.preventDefault(); }, { once: true });
  enter(owner, () => owner.block(() => turn()));
  owner.deliver(() => { throw new Error("thrown"); });
  owner.deliver(() => log.push("next"));
  await scheduler.wait(5);
  equal(log, ["Uncaught Error: thrown", "next"]);
});

test("stop ends the code of an Owner that has ended", async () => {
  const owner = new Owner("a");
  const log = [];
  const promise = enter(owner, async () => {
    await turn();
    try {
      log.push("code");
      owner.end("aborted");
      owner.stop();
      log.push("after it");
    } finally {
      log.push("finally");
    }
  });
  await rejects(promise, "Error", "the code has ended");
  owner.stop(); // not in a context of the owner
  log.push("outside");
  equal(log, ["code", "outside"]);
});

test("code of an Owner that has ended does not go on", async () => {
  const owner = new Owner("a");
  const log = [];
  const { promise, resolve } = Promise.withResolvers();
  enter(owner, async () => { await promise; log.push("await"); });
  enter(owner, () => promise.then(() => log.push("then")));
  owner.end("evicted");
  resolve();
  await turn();
  equal(log, []);
});
