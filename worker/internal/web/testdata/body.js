const text = (bytes) => new TextDecoder().decode(bytes);
const make = { Response: (body, init) => new Response(body, init), Request: (body, init) => new Request("http://h/", { method: "POST", body, ...init }) };

for (const [kind, of] of Object.entries(make)) {
  test(`${kind}: a body that is used for another object keeps its bytes`, async () => {
    const first = of("hello"), second = of(first.body), third = of(second.body);
    equal([first.bodyUsed, await third.text(), first.bodyUsed, second.bodyUsed], [false, "hello", true, true]);
    await rejects(first.text(), "TypeError", "already been read");
    throws(() => of(first.body), "TypeError", "already been read");
    equal(text(await of(of(new Uint8Array([104, 105])).body).bytes()), "hi");
  });

  test(`${kind}: body is null or always the same stream`, async () => {
    for (const none of [null, undefined]) equal([of(none).body, await of(of(none).body).text()], [null, ""]);
    const empty = of("");
    ok(empty.body !== null && empty.body === empty.body, "an empty body must not be null, and always the same stream");
    equal(await of(empty.body).text(), "");
    equal(Object.prototype.toString.call(empty.body), "[object ReadableStream]");
  });

  test(`${kind}: a Blob as a body has its bytes and its type`, async () => {
    const blob = new Blob(["abc"], { type: "text/x" });
    equal([of(blob).headers.get("content-type"), await of(blob).text()], ["text/x", "abc"]);
    equal(of(new Blob(["abc"])).headers.get("content-type"), null);
    equal(of(blob, { headers: { "content-type": "a/b" } }).headers.get("content-type"), "a/b");
    equal([await of(blob.slice(1, 2)).text(), await of(blob.stream()).text(), await of(new Blob([])).text()], ["b", "abc", ""]);
  });

  test(`${kind}: blob() has the bytes and the type`, async () => {
    const blob = await of("abc", { headers: { "content-type": "text/x" } }).blob();
    ok(blob instanceof Blob, "it must be a Blob");
    equal([blob.size, blob.type, await blob.text()], [3, "text/x", "abc"]);
    const none = await of(null).blob();
    equal([none.size, none.type], [0, ""]);
  });

  test(`${kind}: a body can be read by a reader`, async () => {
    const source = of("hé"), reader = source.body.getReader();
    equal([source.body.locked, source.bodyUsed], [true, false]);
    throws(() => source.body.getReader(), "TypeError", "locked");
    throws(() => source.clone(), "TypeError", "locked");
    throws(() => of(source.body), "TypeError", "locked");
    await rejects(source.text(), "TypeError", "locked");
    await rejects(source.body.cancel(), "TypeError", "locked");
    const { value, done } = await reader.read();
    equal([value, done, source.bodyUsed], [new Uint8Array([104, 0xc3, 0xa9]), false, true]);
    equal(await reader.read(), { value: undefined, done: true });
    equal(await reader.closed, undefined);
    reader.releaseLock();
    equal(source.body.locked, false);
    await rejects(reader.read(), "TypeError", "released");
    await rejects(source.text(), "TypeError", "already been read");
  });

  test(`${kind}: a reader can be released before it has read`, async () => {
    const source = of("abc"), reader = source.body.getReader();
    reader.releaseLock();
    reader.releaseLock();
    await rejects(reader.closed, "TypeError", "released");
    equal(await source.text(), "abc");
  });

  test(`${kind}: a body can be iterated`, async () => {
    let got = "";
    const source = of("abc");
    for await (const chunk of source.body) got += text(chunk);
    equal([got, source.bodyUsed, source.body.locked], ["abc", true, false]);
    for await (const chunk of of("").body) ok(false, `an empty body must not have chunks, got ${chunk}`);
    for await (const chunk of of("abc").body.values({ preventCancel: true })) if (chunk) break;
  });

  test(`${kind}: cancel and tee`, async () => {
    const given = of("abc");
    await given.body.cancel();
    await rejects(given.text(), "TypeError", "already been read");
    const source = of("abc"), [left, right] = source.body.tee();
    equal([await of(left).text(), await of(right).text(), source.bodyUsed, source.body.locked], ["abc", "abc", true, true]);
    const reader = of("abc").body.getReader();
    await reader.cancel();
    equal(await reader.read(), { value: undefined, done: true });
  });

  test(`${kind}: a stream of the script is a body`, async () => {
    const chunks = (...list) => new ReadableStream({ pull(controller) { list.length > 0 ? controller.enqueue(list.shift()) : controller.close(); } });
    const bytes = [new Uint8Array([104]), new Uint8Array([195]), new Uint8Array([169])];
    equal([await of(chunks(...bytes)).text(), text(await of(chunks(...bytes)).bytes()), await of(chunks()).text()], ["hé", "hé", ""]);
    equal([(await of(chunks(...bytes)).blob()).size, await of(chunks(new Uint8Array([123, 125]))).json()], [3, {}]);
    const stream = chunks(...bytes), source = of(stream);
    equal([source.body === stream, source.bodyUsed, source.headers.get("content-type")], [true, false, null]);
    const promise = source.text();
    equal([source.bodyUsed, stream.locked], [true, true]);
    equal(await promise, "hé");
    throws(() => of(stream), "TypeError", "already been read");
    for (const wrong of ["text", 1, new ArrayBuffer(1), {}]) await rejects(of(chunks(wrong)).text(), "TypeError", "Uint8Array");
    const failing = new ReadableStream({ pull() { throw new RangeError("broken"); } });
    await rejects(of(failing).text(), "RangeError", "broken");
  });

  test(`${kind}: the clone of a stream is read independently`, async () => {
    let pulls = 0;
    const source = of(new ReadableStream({ pull(controller) { pulls++ < 3 ? controller.enqueue(new Uint8Array([96 + pulls])) : controller.close(); } }));
    const copy = source.clone(), third = copy.clone();
    equal([await copy.text(), await source.text(), await third.text()], ["abc", "abc", "abc"]);
    const [left, right] = of(new Uint8Array([97])).body.tee();
    equal([await of(left).text(), await of(right).text()], ["a", "a"]);
  });

  test(`${kind}: body can be piped and read into views`, async () => {
    const upper = new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk.map((byte) => byte - 32)); } });
    equal(await of(of("abc").body.pipeThrough(upper)).text(), "ABC");
    const reader = of("abc").body.getReader({ mode: "byob" });
    equal(text((await reader.read(new Uint8Array(2))).value), "ab");
    equal(text((await reader.read(new Uint8Array(2))).value), "c");
    equal((await reader.read(new Uint8Array(2))).done, true);
    equal((await of("").body.getReader({ mode: "byob" }).read(new Uint8Array(2))).done, true);
  });

  test(`${kind}: an object without a string representation is refused`, () => {
    const odd = [{}, { a: 1 }, new Map(), new WeakMap(), Promise.resolve("x"), (function* () { yield "a"; })(), (async function* () { yield "a"; })(),
      { async *[Symbol.asyncIterator]() { yield "a"; }, toString: () => "text" }, { getReader() {}, toString: () => "text" }, new AbortController(), new Headers(), of("x"), Object.create({ get [Symbol.toStringTag]() { return "Odd"; } })];
    odd.forEach((value, i) => {
      let refused = false;
      try { of(value); } catch (error) { refused = error instanceof TypeError && error.message.includes("A body must be a string"); }
      ok(refused, `object ${i} must be refused`);
    });
    throws(() => of(Symbol()), "TypeError");
    throws(() => of(Object.create(null)), "TypeError");
  });

  test(`${kind}: an object is converted to a string`, async () => {
    for (const [value, want] of [[new URL("http://h/"), "http://h/"], [[1, 2], "1,2"], [{ toString: () => "own" }, "own"], [new String("s"), "s"], [1n, "1"], [false, "false"]]) {
      equal(await of(value).text(), want);
    }
  });

  test(`${kind}: a clone has its own body`, async () => {
    const source = of("abc"), copy = source.clone(), { body } = source;
    equal([await of(copy.body).text(), await of(body).text()], ["abc", "abc"]);
    throws(() => source.clone(), "TypeError", "already been read");
  });
}

test("a response with the body and the parts of another one", async () => {
  const old = Response.json({ a: 1 }, { status: 201 }), fresh = new Response(old.body, old);
  fresh.headers.set("x-a", "1");
  equal([fresh.status, [...fresh.headers], await fresh.json()], [201, [["content-type", "application/json"], ["x-a", "1"]], { a: 1 }]);
});

test("a request with the parts of another one", async () => {
  const first = internal.makeRequest({ url: "http://h/a", method: "POST", headers: ["X-A", "1"], body: new Uint8Array([97, 98]) });
  const second = new Request("http://other/", first);
  equal([second.method, second.headers.get("x-a"), await second.text(), first.bodyUsed], ["POST", "1", "ab", true]);
  const third = internal.makeRequest({ url: "http://h/a", method: "PUT", headers: [], body: new Uint8Array([99]) });
  equal(await new Request("http://other/", { method: third.method, body: third.body, duplex: "half" }).text(), "c");
});

test("a received GET with a body can be cloned and forwarded", async () => {
  const get = () => internal.makeRequest({ url: "http://h/", method: "GET", headers: [], body: new Uint8Array([97]) });
  equal([await get().clone().text(), await new Request(get()).text(), await new Request("http://o/", get()).text()], ["a", "a", "a"]);
  equal(internal.makeRequest({ url: "http://h/", method: "GET", headers: [], body: null }).body, null);
});

test("a request with the stream of another one", async () => {
  const source = new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array([97])); controller.close(); } });
  const first = new Request("http://h/", { method: "POST", body: source, duplex: "half" }), second = new Request(first);
  equal([first.bodyUsed, second.bodyUsed, await second.text()], [true, false, "a"]);
});

const gzip = Uint8Array.fromBase64("H4sIAAAAAAAA/8tIzcnJBwCGphA2BQAAAA=="); // hello

test("a body with a content coding is decoded when it is read", async () => {
  const zipped = () => internal.makeResponse({ status: 200, body: gzip, coding: "gzip" });
  equal([await zipped().text(), text(await zipped().bytes()), text(await new Response(zipped().body).bytes())], ["hello", "hello", "hello"]);
  for await (const chunk of zipped().body) equal(text(chunk), "hello");
  equal(await zipped().clone().text(), "hello");
  await rejects(internal.makeResponse({ status: 200, body: gzip.subarray(0, 12), coding: "gzip" }).text(), "TypeError", "not valid gzip");
});

test("an unread body keeps its content coding when it is forwarded", async () => {
  const zipped = () => internal.makeResponse({ status: 200, body: gzip, coding: "gzip" });
  const relayed = internal.takeParts(new Response(zipped().body, { headers: { "x-a": "1" } }));
  equal([relayed.headers, relayed.body], [["x-a", "1", "content-encoding", "gzip"], gzip]);
  const other = internal.takeParts(new Response(zipped().body, { headers: { "content-encoding": "x" } }));
  equal([other.headers, text(other.body)], [["content-encoding", "x"], "hello"]);
  const answer = zipped(), read = await answer.text();
  equal(internal.takeParts(new Response(read, answer)), { status: 200, headers: ["content-type", "text/plain;charset=UTF-8"], body: "hello", decode: true });
});

test("with an unsupported content coding only the bytes can be read", async () => {
  const foreign = () => internal.makeResponse({ status: 200, body: gzip, foreign: "br" });
  await rejects(foreign().text(), "TypeError", "br");
  await rejects(foreign().json(), "TypeError", "br");
  equal(await foreign().bytes(), gzip);
  equal(internal.takeParts(new Response(foreign().body)).body, gzip);
});
