test("a pattern matches a URL, and returns the values of its groups", () => {
  const pattern = new URLPattern({ pathname: "/rooms/:room{/:user}?" });
  equal([pattern.pathname, pattern.protocol, pattern.hasRegExpGroups], ["/rooms/:room/:user?", "*", false], "the patterns in their normal form");
  equal(pattern.test("https://example.com/rooms/lobby"), true);
  equal(pattern.test("https://example.com/other"), false);
  equal(pattern.exec("https://example.com/rooms/lobby/ann").pathname, { input: "/rooms/lobby/ann", groups: { room: "lobby", user: "ann" } });
  equal(pattern.exec("https://example.com/other"), null);
});

test("a pattern is made of a string, with a base URL and options", () => {
  const whole = new URLPattern("https://*.example.com/:id(\\d+)\\?q=*#top");
  equal([whole.protocol, whole.hostname, whole.port, whole.pathname, whole.search, whole.hash], ["https", "*.example.com", "", "/:id(\\d+)", "q=*", "top"]);
  equal([whole.hasRegExpGroups, whole.test("https://a.example.com/12?q=x#top"), whole.test("https://a.example.com/ab?q=x#top")], [true, true, false]);
  equal(new URLPattern("/a/*", "https://example.com").test("/a/b", "https://example.com"), true);
  equal(new URLPattern({ pathname: "/ROOMS/*" }, { ignoreCase: true }).test({ pathname: "/rooms/1" }), true);
});

test("components are matched in the form that they have in a URL", () => {
  equal(new URLPattern({ hostname: "bücher.example" }).hostname, "xn--bcher-kva.example");
  equal(new URLPattern({ pathname: "/a b" }).test("https://h/a%20b"), true);
  equal(new URLPattern({ protocol: "https", port: "443" }).port, "");
});

test("what is not a pattern is refused", () => {
  throws(() => new URLPattern("/no/base"), "TypeError", "base URL");
  throws(() => new URLPattern({ pathname: "/:a/:a" }), "TypeError", "two groups");
  throws(() => new URLPattern({ pathname: "/(" }), "TypeError", "not closed at position 1");
  throws(() => new URLPattern({ pathname: "/(?x)" }), "TypeError");
  throws(() => new URLPattern({ port: "99999" }), "TypeError", "not a port");
  throws(() => new URLPattern({}, "https://h"), "TypeError", "no base URL");
  throws(() => new URLPattern({}).test({}, "https://h"), "TypeError", "no base URL");
});
