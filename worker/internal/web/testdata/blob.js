test("a blob joins its parts", async () => {
  const blob = new Blob(["a", new Uint8Array([98]), new Uint8Array([99]).buffer, new Blob(["dé"]), 1, "\ud800"], { type: "Text/Plain" });
  equal([blob.size, blob.type, await blob.text()], [10, "text/plain", "abcdé1\ufffd"]);
  equal(Array.from(await blob.bytes()).slice(0, 3), [97, 98, 99]);
  equal((await blob.arrayBuffer()).byteLength, 10);
});

test("a blob copies its parts, and returns copies", async () => {
  const bytes = new Uint8Array([1, 2]), blob = new Blob([bytes]);
  bytes[0] = 9;
  (await blob.bytes())[1] = 8;
  equal(Array.from(await blob.bytes()), [1, 2]);
});

test("slices of a blob", async () => {
  const blob = new Blob(["hello"], { type: "a/b" });
  equal([await blob.slice(1, 3).text(), await blob.slice(-2).text(), blob.slice().type, blob.slice(0, 1, "c/d").type], ["el", "lo", "", "c/d"]);
});

test("empty blobs and invalid arguments", () => {
  equal([new Blob().size, new Blob([]).type, new Blob([], { type: "\u00e9" }).type], [0, "", ""]);
  for (const parts of ["text", 1, null, {}]) throws(() => new Blob(parts), "TypeError", "array of parts");
});

test("a file is a blob with a name", async () => {
  const before = Date.now(), file = new File(["abc"], "a/b.txt", { type: "text/plain" });
  ok(file instanceof Blob && String(file) === "[object File]", "it must be a Blob");
  equal([file.name, file.type, file.size, await file.text(), file.lastModified >= before], ["a/b.txt", "text/plain", 3, "abc", true]);
  equal([new File([], 7, { lastModified: "12.7" }).name, new File([], "", { lastModified: 12.7 }).lastModified], ["7", 12]);
  throws(() => new File(["abc"]), "TypeError", "2 arguments");
  equal(await new Response(file).text(), "abc");
});

test("the stream of a blob can be read repeatedly", async () => {
  const blob = new Blob(["abc"]);
  for (let i = 0; i < 2; i++) {
    const parts = [];
    for await (const chunk of blob.stream()) parts.push(...chunk);
    equal(parts, [97, 98, 99]);
  }
});

test("the endings and the type of a blob", async () => {
  const parts = ["a\r\nb\rc\n", new Blob(["\r"])];
  equal([await new Blob(parts).text(), await new Blob(parts, { endings: "native" }).text()], ["a\r\nb\rc\n\r", "a\nb\nc\n\r"]);
  throws(() => new Blob([], { endings: "Native" }), "TypeError", "endings");
  throws(() => new Blob([], 5), "TypeError", "options");
  equal([new Blob([], { type: "A\tB" }).type, new Blob([], { type: null }).type, new Blob([], null).type], ["", "null", ""]);
});

test("slices share memory", async () => {
  const blob = new Blob([new Uint8Array(1 << 20).fill(7)]);
  const before = collect(), slices = [];
  for (let i = 0; i < 50; i++) slices.push(blob.slice(i));
  ok(collect() - before < 100_000, "50 slices must not copy the bytes");
  equal([slices[49].size, (await slices[49].bytes())[0], await blob.slice(1, 1).text()], [(1 << 20) - 49, 7, ""]);
  equal([await new Blob(["abc"]).slice(NaN, 2).text(), await new Blob(["abc"]).slice("1").text(), await new Blob(["abc"]).slice(-Infinity, Infinity).text()], ["ab", "bc", "abc"]);
});

test("text() removes a byte order mark", async () => {
  equal(await new Blob([new Uint8Array([0xef, 0xbb, 0xbf, 97])]).text(), "a");
});

test("structuredClone of blobs keeps their bytes", async () => {
  const blob = new Blob(["hello"], { type: "a/b" }).slice(1, 3, "c/d"), file = new File(["abc"], "n", { type: "t/u", lastModified: 7 });
  for (const clone of [structuredClone, (value) => internal.deserialize(internal.serialize(value))]) {
    const [b, f, again] = clone([blob, file, blob]);
    ok(b instanceof Blob && !(b instanceof File) && f instanceof File && again === b, "classes and identity must be kept");
    equal([b.type, await b.text(), f.type, f.name, f.lastModified, await f.text()], ["c/d", "el", "t/u", "n", 7, "abc"]);
  }
});

test("object URLs", async () => {
  const blob = new Blob(["hello"], { type: "a/b" }), url = URL.createObjectURL(blob);
  ok(/^blob:null\/[0-9a-f-]{36}$/.test(url) && url !== URL.createObjectURL(blob), "each URL must be unique");
  const get = (input, init) => internal.lazy("schemes").fetchLocal(new Request(input, init));
  const response = get(url + "#x");
  equal([response.status, response.url, response.headers.get("content-type"), response.headers.get("content-length"), await response.text()], [200, url, "a/b", "5", "hello"]);
  const part = get(url, { headers: { range: "bytes=1-2" } });
  equal([part.status, part.headers.get("content-range"), await part.text()], [206, "bytes 1-2/5", "el"]);
  equal([await get(url, { headers: { range: "bytes=-2" } }).text(), await get(url, { headers: { range: "bytes=3-" } }).text()], ["lo", "lo"]);
  for (const range of ["bytes=5-", "bytes=-", "bytes=2-1", "items=0-1"]) throws(() => get(url, { headers: { range } }), "TypeError", "range");
  throws(() => get(url, { method: "POST" }), "TypeError", "GET");
  throws(() => get(url + "?x"), "TypeError", "no Blob");
  const request = new Request(url);
  URL.revokeObjectURL(url + "#x");
  equal(await get(url).text(), "hello");
  URL.revokeObjectURL(url);
  throws(() => get(url), "TypeError", "revoked");
  equal(await internal.lazy("schemes").fetchLocal(request.clone()).text(), "hello", "a request keeps its Blob");
  throws(() => URL.createObjectURL({}), "TypeError", "Blob");
});

test("object URLs are bounded", () => {
  const blob = new Blob([]), urls = [];
  throws(() => { for (;;) urls.push(URL.createObjectURL(blob)); }, "QuotaExceededError", "revokeObjectURL");
  ok(urls.length > 5000 && urls.length <= 10000, "there must be room for many URLs");
  urls.forEach((url) => URL.revokeObjectURL(url));
  URL.createObjectURL(blob);
});

test("data: URLs", async () => {
  const get = (url, init) => internal.lazy("schemes").fetchLocal(new Request(url, init));
  const response = get("data:text/x;A=B;base64,aGk%3D#frag");
  equal([response.status, response.url, response.headers.get("content-type"), await response.text()], [200, "data:text/x;A=B;base64,aGk%3D", "text/x;a=B", "hi"]);
  equal([get("data:,x").headers.get("content-type"), await get("data:,%ff%zz").bytes()], ["text/plain;charset=US-ASCII", new Uint8Array([255, 37, 122, 122])]);
  equal(get("data:,x", { method: "HEAD" }).body, null);
  for (const url of ["data:x", "data:;base64,a"]) throws(() => get(url), "TypeError", "data: URL");
});
