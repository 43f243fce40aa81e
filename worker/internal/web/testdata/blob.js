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
