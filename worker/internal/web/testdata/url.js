test("the attributes", () => {
  const url = new URL("https://u:p@h.example:81/a/b?q=1#f");
  equal([url.href, url.origin, url.protocol, url.username, url.password], ["https://u:p@h.example:81/a/b?q=1#f", "https://h.example:81", "https:", "u", "p"]);
  equal([url.host, url.hostname, url.port, url.pathname, url.search, url.hash], ["h.example:81", "h.example", "81", "/a/b", "?q=1", "#f"]);
  equal([String(url), JSON.stringify(url)], [url.href, `"${url.href}"`]);
});

test("a base, as a string or URL", () => {
  equal(new URL("../x", "http://h/a/b/c").href, "http://h/a/x");
  equal(new URL("?y", new URL("http://h/a?b")).href, "http://h/a?y");
  equal(new URL({ toString: () => "http://o/" }).href, "http://o/");
});

test("an invalid URL is a TypeError with the reason", () => {
  throws(() => new URL("nonsense"), "TypeError", "no scheme");
  throws(() => new URL("/a", "nonsense"), "TypeError", "base");
  throws(() => new URL("http://h:99999"), "TypeError", "65535");
  throws(() => new URL("http://h", null), "TypeError", "base");
  throws(() => new URL(), "TypeError", "1 argument");
});

test("canParse and parse", () => {
  equal([URL.canParse("http://h"), URL.canParse("x"), URL.canParse("x", "http://h")], [true, false, true]);
  equal([URL.parse("x"), URL.parse("x", "http://h").href], [null, "http://h/x"]);
});

test("the setters", () => {
  const url = new URL("http://h/a");
  url.protocol = "https"; url.username = "u"; url.password = "p"; url.host = "x:90"; url.pathname = "b c"; url.search = "q=é"; url.hash = "f";
  equal(url.href, "https://u:p@x:90/b%20c?q=%C3%A9#f");
  url.port = ""; url.hostname = "y"; url.search = ""; url.hash = "";
  equal(url.href, "https://u:p@y/b%20c");
  url.href = "foo:bar";
  equal([url.pathname, url.origin], ["bar", "null"]);
  throws(() => (url.href = "nonsense"), "TypeError");
  equal(url.href, "foo:bar");
});

test("origin cannot be set", () => throws(() => { "use strict"; new URL("http://h").origin = "x"; }, "TypeError"));

test("searchParams and search are synchronized", () => {
  const url = new URL("http://h/?a=1&b=2#f"), params = url.searchParams;
  ok(params === url.searchParams, "it must always be the same object");
  params.append("c", "x y");
  equal(url.href, "http://h/?a=1&b=2&c=x+y#f");
  params.delete("a"); params.delete("b"); params.delete("c");
  equal(url.href, "http://h/#f");
  url.search = "?d=4";
  equal([...params], [["d", "4"]]);
  url.href = "http://h/?e=5";
  equal(params.get("e"), "5");
  url.hash = "g";
  params.set("e", "6");
  equal(url.href, "http://h/?e=6#g");
});

test("NUL and lone surrogates", () => {
  equal(new URL("http://h/\ud800?\udc00#a\0b").href, "http://h/%EF%BF%BD?%EF%BF%BD#a%00b");
});
