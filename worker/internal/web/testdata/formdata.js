const latin1 = (bytes) => Array.from(bytes, (c) => String.fromCharCode(c)).join("");
const entries = (data) => Array.from(data, ([name, value]) => [name, value instanceof File ? `${value.name} ${value.type} ${value.size}` : value]);
const multipart = (body, type = "multipart/form-data; boundary=b") => new Response(body, { headers: { "content-type": type } }).formData();

test("FormData has entries in order", () => {
  const data = new FormData();
  data.append("a", 1);
  data.append("b", "\ud800");
  data.append("a", "2");
  equal([[...data.keys()], [...data.values()], data.get("a"), data.getAll("a"), data.has("b"), data.get("c")], [["a", "b", "a"], ["1", "\ufffd", "2"], "1", ["1", "2"], true, null]);
  data.set("a", "3");
  data.set("c", "4");
  equal([...data], [["a", "3"], ["b", "\ufffd"], ["c", "4"]]);
  data.delete("b");
  const seen = [];
  data.forEach((value, name, self) => seen.push(name, value, self === data));
  equal(seen, ["a", "3", true, "c", "4", true]);
  equal(String(data), "[object FormData]");
  for (const call of [() => data.append("a"), () => data.get(), () => new FormData(null), () => data.append("a", "b", "c"), () => data.forEach({})]) throws(call, "TypeError");
});

test("a change during an iteration has an effect", () => {
  const data = new FormData();
  data.append("a", "1");
  const seen = [];
  for (const [name] of data) {
    seen.push(name);
    if (seen.length < 3) data.append("b" + seen.length, "");
  }
  equal(seen, ["a", "b1", "b2"]);
});

test("a Blob becomes a File", async () => {
  const data = new FormData(), file = new File(["x"], "x.txt", { type: "text/plain", lastModified: 5 });
  data.append("file", file);
  data.append("blob", new Blob(["abc"], { type: "a/b" }));
  data.append("named", new Blob(["abc"]), "n.bin");
  data.append("renamed", file, "y.txt");
  ok(data.get("file") === file, "a File must be kept");
  equal(entries(data), [["file", "x.txt text/plain 1"], ["blob", "blob a/b 3"], ["named", "n.bin  3"], ["renamed", "y.txt text/plain 1"]]);
  equal([await data.get("named").text(), data.get("renamed").lastModified], ["abc", 5]);
});

test("a FormData as body is multipart/form-data", async () => {
  const data = new FormData();
  data.append('a"\r', "x\ny\r\nz");
  data.append("f", new File([new Uint8Array([0, 13, 10, 255])], 'n"\n.bin'));
  const response = new Response(data);
  const type = response.headers.get("content-type");
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(type)[1];
  equal(latin1(await response.clone().bytes()), [
    `--${boundary}`, 'Content-Disposition: form-data; name="a%22%0D%0A"', "", "x\r\ny\r\nz",
    `--${boundary}`, 'Content-Disposition: form-data; name="f"; filename="n%22%0A.bin"', "Content-Type: application/octet-stream", "", "\0\r\n\xff",
    `--${boundary}--`, "",
  ].join("\r\n"));
  const back = await response.formData();
  equal([back.get('a"\r\n'), back.get("f").name, Array.from(await back.get("f").bytes()), back.get("f").type], ["x\r\ny\r\nz", 'n"\n.bin', [0, 13, 10, 255], "application/octet-stream"]);
  equal(latin1(await new Response(new FormData()).bytes()).slice(-4), "--\r\n");
  equal((await new Request("http://h/", { method: "POST", body: data }).formData()).get("f").size, 4);
});

test("multipart/form-data of other clients", async () => {
  const body = (...fields) => `--b\r\n${fields.join("\r\n")}\r\n\r\nv\r\n--b--`;
  for (const [text, want] of [
    [body('content-disposition: form-data; name="a"'), [["a", "v"]]],
    [body('Content-Disposition: form-data; filename="f.txt"; name=a', "Content-Type: text/x"), [["a", "f.txt text/x 1"]]],
    [body('Content-Disposition: form-data; name="a"; filename=""'), [["a", " text/plain 1"]]],
    [body('Content-Disposition: form-data; name="a\\"b"; filename="C:\\dir\\"'), [['a"b', "C:\\dir\\ text/plain 1"]]],
    [body(`Content-Disposition: form-data; name="a"; filename*=UTF-8''%e2%82%ac.txt`), [["a", "€.txt text/plain 1"]]],
    [body('Content-Disposition: form-data; name="é€"'), [["é€", "v"]]],
    ["\r\n" + body('Content-Disposition: form-data; name="a"') + "\r\nend", [["a", "v"]]],
    ["--b--", []],
  ]) {
    equal(entries(await multipart(text)), want, text);
  }
});

test("a body that is not a form is an error", async () => {
  const field = 'Content-Disposition: form-data; name="a"';
  for (const [text, words] of [
    ["", "begin with the boundary"], ["x--b--", "begin with the boundary"], ["--b", "line break"], ["--b\r\n", "header"], [`--b\r\n${field}\r\n\r\nv`, "boundary at its end"],
    ["--b\r\nContent-Type: x/y\r\n\r\nv\r\n--b--", "no name"], ["--b\r\nContent-Disposition: attachment; name=a\r\n\r\nv\r\n--b--", "no name"],
    [`--b\r\n${field}\r\nX: ${"x".repeat(17000)}\r\n\r\nv\r\n--b--`, "16384 bytes"],
    [`--b\r\n${field}\r\n\r\n\r\n`.repeat(10001) + "--b--", "10000 parts"],
  ]) {
    await rejects(multipart(text), "TypeError", words);
  }
  await rejects(multipart("a=b", "multipart/form-data"), "TypeError", "boundary");
  await rejects(multipart("a=b", "text/plain"), "TypeError", "text/plain");
  await rejects(new Response(new Uint8Array(1)).formData(), "TypeError", "content type");
  const used = new Response(new FormData());
  await used.text();
  await rejects(used.formData(), "TypeError", "already been read");
});

test("a urlencoded form", async () => {
  equal(entries(await new Response(new URLSearchParams("a=1&a=%E2%82%AC+x&b")).formData()), [["a", "1"], ["a", "€ x"], ["b", ""]]);
  equal(entries(await multipart("a=\xff", "Application/X-WWW-Form-Urlencoded; charset=utf-8")), [["a", "\xff"]]);
});

test("console shows the entries", () => {
  const data = new FormData();
  data.append("a", "1");
  console.log(data);
  equal(lines().at(-1), "log FormData { a: '1' }");
});
