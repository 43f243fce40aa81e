const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (value) => new TextEncoder().encode(value);

// through returns the bytes that come out of a stream with these chunks after its transforms.
const through = async (chunks, ...transforms) => {
  let stream = ReadableStream.from(chunks);
  for (const transform of transforms) stream = stream.pipeThrough(transform);
  const parts = [];
  for await (const part of stream) parts.push(...part);
  return new Uint8Array(parts);
};

const formats = ["deflate", "deflate-raw", "gzip"];

test("what was compressed is decompressed", async () => {
  const value = "some text, ".repeat(100);
  for (const format of formats) {
    const compressed = await through([bytes(value), bytes(value).buffer], new CompressionStream(format));
    ok(compressed.length < 100, `${format} must compress, got ${compressed.length} bytes`);
    equal(text(await through([compressed], new DecompressionStream(format))), value + value);
    equal(text(await through(Array.from(compressed, (byte) => new Uint8Array([byte])), new DecompressionStream(format))), value + value);
  }
});

test("an empty stream is compressed", async () => {
  for (const format of formats) {
    const compressed = await through([], new CompressionStream(format));
    ok(compressed.length > 0, format);
    equal((await through([compressed], new DecompressionStream(format))).length, 0);
  }
});

test("other formats are refused", () => {
  for (const format of ["br", "", undefined, "GZIP"]) {
    throws(() => new CompressionStream(format), "TypeError", "deflate-raw");
    throws(() => new DecompressionStream(format), "TypeError", "deflate-raw");
  }
  throws(() => new CompressionStream(), "TypeError");
});

test("chunks must be bytes", async () => {
  for (const chunk of ["text", null, undefined, [1], new SharedArrayBuffer(1), new Uint8Array(new SharedArrayBuffer(1))]) {
    await rejects(through([chunk], new CompressionStream("gzip")), "TypeError", "ArrayBuffer");
    await rejects(through([chunk], new DecompressionStream("gzip")), "TypeError", "ArrayBuffer");
  }
});

test("truncated, trailing and invalid data are errors", async () => {
  for (const format of formats) {
    const compressed = await through([bytes("some text")], new CompressionStream(format));
    for (let length = 0; length < compressed.length; length++) {
      await rejects(through([compressed.slice(0, length)], new DecompressionStream(format)), "TypeError", "not complete");
    }
    await rejects(through([compressed, new Uint8Array(1)], new DecompressionStream(format)), "TypeError", "after the end");
    await rejects(through([new Uint8Array([...compressed, 0])], new DecompressionStream(format)), "TypeError", "after the end");
    await rejects(through([new Uint8Array(20).fill(255)], new DecompressionStream(format)), "TypeError");
  }
});

test("an error ends both sides", async () => {
  const { readable, writable } = new DecompressionStream("gzip");
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  const write = writer.write(bytes("this is not compressed"));
  await rejects(reader.read(), "TypeError");
  await rejects(write, "TypeError");
  await rejects(writer.closed, "TypeError");
});

test("large data is compressed in several turns, and a changed chunk does not matter", async () => {
  const value = new Uint8Array(10 * 65536);
  for (let i = 0; i < value.length; i += 65536) crypto.getRandomValues(value.subarray(i, i + 65536));
  const expected = value.slice();
  const { readable, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  const written = writer.write(value).then(() => writer.close());
  const result = new Response(readable.pipeThrough(new DecompressionStream("deflate"))).bytes();
  const turns = delays().length;
  await sleep(0);
  value.fill(0);
  await written;
  const got = await result;
  ok(delays().length > turns + 2, "other turns must be possible");
  equal(got.length, expected.length);
  for (let i = 0; i < got.length; i += 97) if (got[i] !== expected[i]) throw new Error(`byte ${i} differs`);
});

test("decompression stops when nothing reads its result", async () => {
  const zeros = ReadableStream.from((function* () {
    for (let i = 0; i < 20; i++) yield new Uint8Array(1 << 20);
  })());
  const compressed = new Uint8Array(await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
  collect();
  const before = collect();
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  writer.write(compressed).catch(() => {});
  const reader = readable.getReader();
  equal((await reader.read()).value.length, 32768);
  await sleep(10);
  ok(collect() - before < 500_000, `at most a few parts may be in memory, got ${collect() - before} bytes`);
  await reader.cancel("enough");
  equal(await writer.closed.catch((reason) => reason), "enough");
});

test("memory of Go is released at the end, when the stream is cancelled, and when it is collected", async () => {
  await through([bytes("x")], new CompressionStream("gzip"), new DecompressionStream("gzip"));
  const before = collect();
  for (let i = 0; i < 5; i++) await through([bytes("x")], new CompressionStream("gzip"), new DecompressionStream("gzip"));
  ok(collect() - before < 100_000, `after the end ${collect() - before} bytes are in use`);
  const open = async () => {
    const { readable, writable } = new CompressionStream("gzip");
    const writer = writable.getWriter();
    const reader = readable.getReader();
    reader.read().catch(() => {});
    await writer.write(bytes("x"));
    return { reader, writer };
  };
  const { reader } = await open();
  ok(collect() - before > 500_000, `an open stream counts, got ${collect() - before} bytes`);
  await reader.cancel();
  ok(collect() - before < 200_000, `after cancel ${collect() - before} bytes are in use`);
  const { writer } = await open();
  await writer.abort();
  ok(collect() - before < 200_000, `after abort ${collect() - before} bytes are in use`);
  await open();
  for (let i = 0; i < 10 && collect() - before > 200_000; i++) await sleep(1); // the registry is called in a job
  ok(collect() - before < 200_000, `after collection ${collect() - before} bytes are in use`);
});

test("compression streams are globals with their attributes", () => {
  const stream = new CompressionStream("gzip");
  equal(Object.prototype.toString.call(stream), "[object CompressionStream]");
  ok(stream.readable instanceof ReadableStream && stream.writable instanceof WritableStream, "the sides are streams");
  throws(() => Object.getOwnPropertyDescriptor(DecompressionStream.prototype, "readable").get.call(stream), "TypeError");
});
