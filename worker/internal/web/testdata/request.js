test("the defaults", () => {
  const request = new Request("HTTP://h/a/../b");
  equal([request.url, request.method, [...request.headers], request.bodyUsed, request.signal.aborted], ["http://h/b", "GET", [], false, false]);
});

test("methods are normalised according to the standard, and checked", () => {
  equal(["post", "Patch", "patch", "delete"].map((method) => new Request("http://h", { method }).method), ["POST", "Patch", "patch", "DELETE"]);
  for (const method of ["", "a b", "CONNECT", "trace", "Track"]) throws(() => new Request("http://h", { method }), "TypeError", "method");
});

test("the URL is absolute and without a password", () => {
  throws(() => new Request("/a"), "TypeError", "no scheme");
  throws(() => new Request("http://u:p@h/"), "TypeError", "user name");
  throws(() => new Request(), "TypeError", "1 argument");
  equal(new Request(new URL("http://h/x")).url, "http://h/x");
});

test("a body comes with its content type", async () => {
  const request = new Request("http://h", { method: "POST", body: new URLSearchParams({ a: "b c" }) });
  equal(request.headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
  equal([request.bodyUsed, await request.text(), request.bodyUsed], [false, "a=b+c", true]);
  await rejects(request.text(), "TypeError", "already been read");
  throws(() => new Request("http://h", { body: "x" }), "TypeError", "GET must not have a body");
  throws(() => new Request("http://h", { method: "head", body: "x" }), "TypeError", "HEAD must not have a body");
});

test("a request constructed from another one takes over its body", async () => {
  const first = new Request("http://h/a", { method: "PUT", headers: { a: "1" }, body: "text" });
  const second = new Request(first, { headers: { b: "2" } });
  equal([second.url, second.method, [...second.headers], first.bodyUsed], ["http://h/a", "PUT", [["b", "2"]], true]);
  equal(await second.text(), "text");
  throws(() => new Request(first), "TypeError", "already been read");
});

test("clone returns a request with its own body", async () => {
  const request = new Request("http://h", { method: "POST", body: "{}", headers: { x: "y" } }), copy = request.clone();
  equal([await request.json(), await copy.text(), copy.headers.get("x"), copy.method], [{}, "{}", "y", "POST"]);
  throws(() => copy.clone(), "TypeError", "already been read");
});

test("the signal of a request follows the given one", () => {
  const controller = new AbortController(), { signal } = controller;
  const request = new Request("http://h", { signal }), copy = new Request(request);
  ok(request.signal !== signal && !request.signal.aborted, "a request must have its own signal");
  controller.abort("reason");
  equal([request.signal.aborted, request.signal.reason, copy.signal.reason, request.clone().signal.aborted], [true, "reason", "reason", true]);
  throws(() => new Request("http://h", { signal: {} }), "TypeError", "AbortSignal");
  equal(new Request("http://h", { signal: null }).signal.aborted, false);
});

test("a received request", async () => {
  const body = new TextEncoder().encode('\ufeff{"a":1}');
  const request = internal.makeRequest({ url: "http://h/p?q", method: "POST", headers: ["Content-Type", "application/json"], body });
  equal([request.url, request.method, request.headers.get("content-type"), await request.clone().json()], ["http://h/p?q", "POST", "application/json", { a: 1 }]);
  equal((await request.arrayBuffer()).byteLength, body.length);
  ok(request instanceof Request, "it must be a Request");
});

test("settings of a request", () => {
  const names = ["mode", "credentials", "cache", "redirect", "referrer", "referrerPolicy", "integrity", "keepalive", "duplex", "destination"];
  const of = (request) => names.map((name) => request[name]);
  const defaults = ["cors", "same-origin", "default", "follow", "about:client", "", "", false, "half", ""];
  const received = internal.makeRequest({ url: "http://h/", method: "GET", headers: [], body: null });
  const passed = defaults.with(3, "manual"); // redirects are for the client
  equal([of(new Request("http://h/")), of(received), of(received.clone()), of(new Request("http://o/", received))], [defaults, passed, passed, passed]);
  const given = new Request("http://h/", { mode: "no-cors", credentials: "omit", cache: "no-store", redirect: "manual", referrer: "http://r/", referrerPolicy: "origin", integrity: "sha256-x", keepalive: 1, duplex: "half" });
  const want = ["no-cors", "omit", "no-store", "manual", "http://r/", "origin", "sha256-x", true, "half", ""];
  equal([of(given), of(given.clone()), of(new Request(given)), of(new Request("http://o/", given))], [want, want, want, want]);
  equal(new Request(given, { cache: "reload" }).cache, "reload");
  for (const [name, value] of Object.entries({ mode: "x", credentials: "all", cache: "never", redirect: "maybe", referrerPolicy: "none", duplex: "full" })) {
    throws(() => new Request("http://h/", { [name]: value }), "TypeError", `The ${name} of a request must be one of`);
  }
});

test("what a Request refuses", () => {
  const post = () => new Request("http://h", { method: "POST", body: "x" });
  for (const [init, words] of [
    [5, "options"], [{ mode: "navigate" }, "navigate"], [{ cache: "only-if-cached" }, "only-if-cached"], [{ referrer: "a b" }, "referrer"], [{ referrer: "//x" }, "referrer"],
  ]) {
    throws(() => new Request("http://h", init), "TypeError", words);
  }
  throws(() => new Request(post(), { method: "GET" }), "TypeError", "GET");
  equal([new Request("http://h", null).method, new Request("http://h", { cache: "only-if-cached", mode: "same-origin" }).cache, new Request("http://h", { referrer: "" }).referrer], ["GET", "only-if-cached", ""]);
  equal([Request.length, new Request(post(), { method: "PUT" }).method], [1, "PUT"]);
});
