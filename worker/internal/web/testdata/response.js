test("the defaults", async () => {
  const response = new Response();
  equal([response.status, response.statusText, response.ok, [...response.headers], response.type, await response.text()], [200, "", true, [], "default", ""]);
});

test("text, bytes and parameters as bodies", async () => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  const cases = [
    ["hé", "text/plain;charset=UTF-8", [104, 0xc3, 0xa9]],
    [bytes, null, [1, 2, 3, 4]],
    [bytes.subarray(1, 3), null, [2, 3]],
    [bytes.buffer, null, [1, 2, 3, 4]],
    [new DataView(bytes.buffer, 3), null, [4]],
    [new URLSearchParams("a=b"), "application/x-www-form-urlencoded;charset=UTF-8", [97, 61, 98]],
    [12, "text/plain;charset=UTF-8", [49, 50]],
    [null, null, []],
    [undefined, null, []],
  ];
  for (const [body, type, want] of cases) {
    const response = new Response(body);
    equal([response.headers.get("content-type"), Array.from(await response.bytes())], [type, want]);
  }
  equal(new Response("x", { headers: { "Content-Type": "text/html" } }).headers.get("content-type"), "text/html");
});

test("a body is a copy of the given bytes", async () => {
  const bytes = new Uint8Array([1]), response = new Response(bytes);
  bytes[0] = 9;
  const copy = response.clone(), first = await response.bytes();
  first[0] = 8;
  equal(Array.from(await copy.bytes()), [1]);
});

test("a body can be read once, a missing one repeatedly", async () => {
  const response = new Response('{"a":[1]}');
  equal([await response.json(), response.bodyUsed], [{ a: [1] }, true]);
  await rejects(response.arrayBuffer(), "TypeError", "already been read");
  throws(() => response.clone(), "TypeError", "already been read");
  const empty = new Response();
  await empty.text();
  equal([await empty.text(), empty.bodyUsed, (await empty.arrayBuffer()).byteLength], ["", false, 0]);
  await rejects(new Response("no json").json(), "SyntaxError");
});

test("text() removes a byte order mark and replaces invalid UTF-8", async () => {
  equal(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 97, 0xff])).text(), "a\ufffd");
  equal(await new Response("\ud800").text(), "\ufffd");
});

test("status and status text are checked", () => {
  for (const status of [0, 101, 199, 600, -1, "x", NaN]) throws(() => new Response(null, { status }), "RangeError", "200 to 599");
  equal([new Response(null, { status: "404" }).status, new Response(null, { status: 599 }).ok, new Response(null, { status: 299 }).ok], [404, false, true]);
  for (const statusText of ["a\nb", "€", "\0"]) throws(() => new Response(null, { statusText }), "TypeError", "status text");
  equal(new Response(null, { statusText: "Très bien" }).statusText, "Très bien");
});

test("some statuses do not allow a body", () => {
  for (const status of [204, 205, 304]) {
    throws(() => new Response("", { status }), "TypeError", "must not have a body");
    equal(new Response(null, { status }).status, status);
  }
});

test("Response.json", async () => {
  const response = Response.json({ a: [1, null] }, { status: 201, headers: { x: "y" } });
  equal([response.status, response.headers.get("content-type"), response.headers.get("x"), await response.text()], [201, "application/json", "y", '{"a":[1,null]}']);
  equal(Response.json(1, { headers: { "content-type": "a/b" } }).headers.get("content-type"), "a/b");
  throws(() => Response.json(undefined), "TypeError", "JSON");
  throws(() => Response.json(() => {}), "TypeError", "JSON");
  throws(() => Response.json({}, { status: 204 }), "TypeError", "must not have a body");
});

test("Response.redirect", () => {
  const response = Response.redirect("http://h/é");
  equal([response.status, response.headers.get("location")], [302, "http://h/%C3%A9"]);
  equal([301, 303, 307, 308].map((status) => Response.redirect("http://h", status).status), [301, 303, 307, 308]);
  throws(() => Response.redirect("http://h", 200), "RangeError", "301");
  throws(() => Response.redirect("/relative"), "TypeError", "absolute");
  throws(() => response.headers.set("a", "b"), "TypeError", "cannot be changed");
});

test("Response.error", () => equal([Response.error().type, Response.error().status, Response.error().ok], ["error", 0, false]));

test("takeParts returns all parts, once", () => {
  const response = new Response("x", { status: 201, statusText: "Made", headers: [["set-cookie", "a"], ["set-cookie", "b"]] });
  equal(internal.takeParts(response), { status: 201, headers: ["content-type", "text/plain;charset=UTF-8", "set-cookie", "a", "set-cookie", "b"], body: "x", decode: true });
  throws(() => internal.takeParts(response), "TypeError", "already been read");
});

test("only the platform can create a 101", () => equal(internal.makeResponse({ status: 101 }).status, 101));

test("arguments of a Response are converted as Web IDL requires", () => {
  equal([Response.length, Response.json.length, new Response(null, { status: 65736 }).status, new Response(null, null).status], [0, 1, 200, 200]);
  throws(() => new Response(null, 5), "TypeError", "options");
  throws(() => new Response(null, { status: NaN }), "RangeError");
});
