const { createReadable, createByteReadable, readableState, readAll, acquireReader, tee } = internal.lazy("streams");
const { createTransform, pipe, writableState } = internal.lazy("writable_streams");
const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (value) => new TextEncoder().encode(value);

// collected returns the values of a stream.
const collected = async (stream) => {
  const values = [];
  for await (const value of stream) values.push(value);
  return values;
};

test("streams are globals", () => {
  equal(typeof ReadableStream, "function"); // loads the bundle
  const { writable, configurable, enumerable } = Object.getOwnPropertyDescriptor(globalThis, "ReadableStream");
  equal({ writable, configurable, enumerable }, { writable: true, configurable: true, enumerable: false });
  for (const name of ["ReadableStream", "WritableStream", "TransformStream", "CountQueuingStrategy", "ReadableStreamBYOBReader"]) {
    equal(globalThis[name].name, name);
    equal(globalThis[name].prototype[Symbol.toStringTag], name);
  }
});

test("a stream is piped through a transform", async () => {
  const upper = new TransformStream({ transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()) });
  equal(await collected(ReadableStream.from(["a", "b", "c"]).pipeThrough(upper)), ["A", "B", "C"]);
});

test("console shows the state of streams", () => {
  const stream = new ReadableStream({ type: "bytes" });
  stream.getReader();
  console.log(stream, new WritableStream(), new CountQueuingStrategy({ highWaterMark: 2 }));
  equal(lines().at(-1), "log ReadableStream { locked: true, state: 'readable', supportsBYOB: true } WritableStream { locked: false, state: 'writable' } CountQueuingStrategy { highWaterMark: 2 }");
  console.log(new TransformStream());
  ok(lines().at(-1).includes("readable: ReadableStream {"), lines().at(-1));
});

test("streams cannot be cloned", () => {
  for (const value of [new ReadableStream(), new WritableStream(), new TransformStream()]) {
    throws(() => structuredClone(value), "DataCloneError", value.constructor.name);
  }
});

test("a readable stream is transferred", async () => {
  const chunk = { list: [1] };
  const stream = ReadableStream.from([chunk, "text"]);
  const { moved } = structuredClone({ moved: stream }, { transfer: [stream] });
  ok(moved instanceof ReadableStream && moved !== stream && stream.locked && !moved.locked, "another stream takes the place of the locked one");
  const values = await collected(moved);
  equal(values, [chunk, "text"]);
  ok(values[0] !== chunk, "chunks are cloned");
});

test("a writable stream is transferred", async () => {
  const written = [];
  const stream = new WritableStream({ write: (chunk) => void written.push(chunk), close: () => void written.push("close") });
  const moved = structuredClone(stream, { transfer: [stream] });
  ok(moved instanceof WritableStream && stream.locked, "another stream takes the place of the locked one");
  const writer = moved.getWriter();
  writer.write(1);
  writer.write([2]);
  await writer.close();
  await sleep(1);
  equal(written, [1, [2], "close"]);
});

test("a transform stream is transferred through a port", async () => {
  const { port1, port2 } = new MessageChannel();
  const stream = new TransformStream({ transform: (chunk, controller) => controller.enqueue(chunk + 1) });
  port1.postMessage(stream, [stream]);
  const moved = await new Promise((resolve) => (port2.onmessage = (event) => resolve(event.data)));
  equal(await collected(ReadableStream.from([1, 2]).pipeThrough(moved)), [2, 3]);
});

test("errors of a transferred stream are passed in both directions", async () => {
  const broken = new ReadableStream({ pull: () => Promise.reject(new RangeError("broken")) });
  await rejects(structuredClone(broken, { transfer: [broken] }).getReader().read(), "RangeError", "broken");
  let reason;
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(1), cancel: (given) => (reason = given) });
  const reader = structuredClone(endless, { transfer: [endless] }).getReader();
  equal(await reader.read(), { value: 1, done: false });
  await reader.cancel({ why: "enough" });
  await sleep(1);
  equal(reason, { why: "enough" });
  const sink = new WritableStream({ abort: (given) => (reason = given) });
  await structuredClone(sink, { transfer: [sink] }).abort("no more");
  await sleep(1);
  equal(reason, "no more");
});

test("a transferred stream is cancelled while a chunk is waiting to be read", async () => {
  let reason;
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(1), cancel: (given) => (reason = given) });
  const moved = structuredClone(endless, { transfer: [endless] });
  await sleep(1);
  await moved.cancel("enough");
  await sleep(1);
  equal(reason, "enough");
});

test("a reason that cannot be cloned arrives as the error of its cloning", async () => {
  let reason;
  const sink = new WritableStream({ abort: (given) => (reason = given) });
  await structuredClone(sink, { transfer: [sink] }).abort(() => {});
  await sleep(1);
  equal(reason?.name, "DataCloneError");
});

test("ReadableStream.from closes an iterator whose value is a promise that is rejected", async () => {
  let closed = 0;
  const iterator = { next: () => ({ value: Promise.reject(new RangeError("of a value")), done: false }), return: () => (closed++, {}) };
  await rejects(ReadableStream.from({ [Symbol.iterator]: () => iterator }).getReader().read(), "RangeError", "of a value");
  equal(closed, 1);
});

test("a chunk that cannot be cloned is an error of both sides", async () => {
  const { readable, writable } = new TransformStream();
  const moved = structuredClone(readable, { transfer: [readable] });
  const writer = writable.getWriter();
  writer.write(() => {}).catch(() => {});
  await rejects(moved.getReader().read(), "DataCloneError", "function");
  await rejects(writer.closed, "DataCloneError", "function");
});

test("a locked stream cannot be transferred", () => {
  const stream = new TransformStream();
  stream.writable.getWriter();
  for (const value of [stream, stream.writable]) throws(() => structuredClone(value, { transfer: [value] }), "DataCloneError", "locked");
  throws(() => structuredClone(1, { transfer: [Object.create(ReadableStream.prototype)] }), "DataCloneError");
});

test("a class can extend a stream", async () => {
  class Doubling extends TransformStream {
    #count = 0;
    constructor() {
      super({
        transform: (chunk, controller) => {
          this.#count++;
          controller.enqueue(chunk * 2);
        },
      });
    }
    get count() {
      return this.#count;
    }
  }
  const doubling = new Doubling();
  equal(await collected(ReadableStream.from([1, 2]).pipeThrough(doubling)), [2, 4]);
  equal([doubling.count, doubling instanceof TransformStream], [2, true]);
});

test("methods refuse other objects", async () => {
  throws(() => ReadableStream.prototype.getReader.call({}), "TypeError");
  throws(() => ReadableStream.prototype.getReader.call(new WritableStream()), "TypeError");
  await rejects(ReadableStream.prototype.cancel.call(Object.create(ReadableStream.prototype)), "TypeError");
  await rejects(WritableStream.prototype.close.call({}), "TypeError");
});

test("readableState returns undefined for other values", () => {
  equal(readableState(new ReadableStream()).state, "readable");
  for (const value of [undefined, null, 1, {}, new WritableStream(), Object.create(ReadableStream.prototype)]) equal(readableState(value), undefined);
});

test("a source of internal code is pulled by reads", async () => {
  let pulls = 0;
  const stream = createReadable({
    pull(controller) {
      pulls++;
      if (pulls > 3) controller.close();
      else controller.enqueue(pulls);
    },
  }, 0);
  equal(pulls, 0, "pulls before a read");
  equal(stream.disturbed, false);
  equal(await collected(stream.object), [1, 2, 3]);
  equal([pulls, stream.disturbed, stream.locked, stream.state], [4, true, false, "closed"]);
});

test("a source of internal code may answer later", async () => {
  const chunks = ["one ", "two ", "three"];
  const stream = createByteReadable({
    pull(controller) {
      setTimeout(() => {
        const chunk = chunks.shift();
        if (chunk === undefined) return controller.close();
        const { buffer, byteOffset, byteLength } = bytes(chunk);
        controller.enqueueOwned(buffer, byteOffset, byteLength);
      }, 1);
    },
  }, 0);
  const reader = stream.object.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(2));
  equal(text(value), "on");
  reader.releaseLock();
  equal(text(await readAll(stream).promise), "e two three");
});

test("the cancellation of a stream is passed to the source", async () => {
  const reasons = [];
  const stream = createByteReadable({ cancel: (reason) => reasons.push(reason) }, 0);
  await stream.object.cancel("enough");
  equal([reasons, stream.state, stream.disturbed], [["enough"], "closed", true]);
});

test("readAll reads chunks that are available without jobs", () => {
  let left = 1000;
  const stream = createByteReadable({
    pull: (controller) => (left-- > 0 ? controller.enqueueOwned(new ArrayBuffer(10), 0, 10) : controller.close()),
  }, 0);
  const { pending, value } = readAll(stream);
  equal([pending, value.length], [false, 10000]);
});

test("readAll refuses other chunks and too many bytes", async () => {
  let cancelled;
  const source = (chunk) => readableState(new ReadableStream({
    start: (controller) => controller.enqueue(chunk),
    cancel: (reason) => (cancelled = reason),
  }));
  const error = await rejects(readAll(source("text")).promise, "TypeError", "Uint8Array");
  equal(cancelled === error, true);
  await rejects(readAll(source(new Uint8Array(11)), 10).promise, "TypeError", "10 bytes");
  await rejects(readAll(source(new Uint16Array(1))).promise, "TypeError", "Uint8Array");
});

test("readAll fails with the error of the stream", async () => {
  const stream = new ReadableStream({ pull: () => Promise.reject(new RangeError("broken")) });
  await rejects(readAll(readableState(stream)).promise, "RangeError", "broken");
});

test("a request gets chunks of a reader, and the stream is free after its release", () => {
  const stream = createReadable({ pull: (controller) => controller.enqueue("chunk") }, 0);
  const reader = acquireReader(stream);
  const seen = [];
  reader.read({ chunk: (value) => seen.push(value), close: () => seen.push("closed"), error: (reason) => seen.push(reason.name) });
  equal([seen, stream.locked], [["chunk"], true]);
  throws(() => acquireReader(stream), "TypeError", "locked");
  reader.release();
  equal(stream.locked, false);
});

test("tee gives both branches all bytes, in memory of their own", async () => {
  const stream = new ReadableStream({
    type: "bytes",
    start(controller) {
      controller.enqueue(bytes("some "));
      controller.enqueue(bytes("bytes"));
      controller.close();
    },
  });
  const [first, second] = tee(readableState(stream));
  const one = await readAll(first).promise;
  one.fill(0);
  equal(text(await readAll(second).promise), "some bytes");
});

test("a transform of internal code is called without promises for its chunks", async () => {
  const transform = createTransform({
    transform: (chunk, controller) => controller.enqueue(chunk * 2),
    flush: (controller) => controller.enqueue("end"),
  });
  const source = readableState(ReadableStream.from([1, 2]));
  pipe(source, transform.writable, {});
  equal(await collected(transform.readable.object), [2, 4, "end"]);
});

test("methods that a script has replaced are not called", async () => {
  const { then } = Promise.prototype;
  const { getReader } = ReadableStream.prototype;
  let called = 0;
  Promise.prototype.then = ReadableStream.prototype.getReader = () => called++;
  try {
    const [first] = tee(createReadable({ pull: (controller) => controller.close() }, 0));
    pipe(first, writableState(new WritableStream()), {});
    equal(called, 0);
  } finally {
    Promise.prototype.then = then;
    ReadableStream.prototype.getReader = getReader;
  }
});

test("a source may return thenables, and the script may replace Promise", async () => {
  const native = globalThis.Promise;
  const thenable = { then: (resolve) => setTimeout(resolve, 1) };
  globalThis.Promise = class Replaced {};
  try {
    let pulls = 0;
    const source = {
      start: () => thenable,
      pull: (controller) => (++pulls > 2 ? controller.close() : controller.enqueue(pulls), thenable),
    };
    const reader = new ReadableStream(source).getReader();
    equal((await reader.read()).value, 1);
    equal((await reader.read()).value, 2);
    equal((await reader.read()).done, true);
    ok(reader.closed instanceof native, "promises are those of the engine");
  } finally {
    globalThis.Promise = native;
  }
});

test("a pipe copies all chunks", async () => {
  let pulls = 0;
  let writes = 0;
  const source = new ReadableStream({
    pull: (controller) => (++pulls > 5000 ? controller.close() : controller.enqueue(pulls)),
  }, { highWaterMark: 16 });
  await source.pipeTo(new WritableStream({ write: () => void writes++ }, { highWaterMark: 16 }));
  equal(writes, 5000);
});
