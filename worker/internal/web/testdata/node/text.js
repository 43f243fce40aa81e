// Lines of the console are compared with those of Node 20: text.txt is its output.
const t = (label, f) => { let r; try { r = f(); } catch (e) { r = `${e.name} ${e.code} ${e.code?"":e.message}`; } console.log(label + " -> " + (typeof r === "string" ? JSON.stringify(r) : JSON.stringify(r))); };
const path = require("node:path"); 
const samples = ["", ".", "..", "/", "//", "///", "a", "a/", "/a", "/a/", "a/b", "/a/b.c", "/a/b.c/", "../a", "/../a", "a/../../b", "./a//b/../c", "a.b.c", ".a", ".a.b", "a.", "..a", "/.", "a/.b", "//a", "//a/b", "///a//b/", "C:", "C:\\", "C:\\a", "c:a", "C:/a/b", "\\\\srv\\share", "\\\\srv\\share\\a", "\\\\srv", "a\\b", "\\a\\b", "C:..\\a", "C:.", "//srv/share/a/..", "\\\\srv\\share\\..\\a","a b/é.txt"];
for (const k of ["posix", "win32"]) for (const s of samples) for (const m of ["normalize", "dirname", "basename", "extname", "isAbsolute", "parse"]) t(`${k} ${m} ${s}`, () => path[k][m](s));
for (const k of ["posix", "win32"]) {
 const p = path[k];
 t(k + " join", () => [p.join(), p.join(""), p.join("a", "b", "..", "c"), p.join("/a", "../..", "b"), p.join("a", "/b"), p.join("a/", "", "b"), p.join("//a", "b"), p.join("..", "a"), p.join("\\\\a", "b"), p.join("\\", "\\a")]);
 t(k + " format", () => [p.format({ dir: "/a", base: "b.c" }), p.format({ root: "/", name: "a", ext: ".b" }), p.format({ root: "/", base: "x" }), p.format({ name: "a", ext: "b" }), p.format({}), p.format({root:"/", dir:"/", base:"q"})]);
 t(k + " basename suffix", () => [p.basename("a.html", ".html"), p.basename(".html", ".html"), p.basename("a/b.html/", "html"), p.basename("a", "a")]);
 t(k + " bad", () => p.join(5)); t(k + " bad2", () => p.basename(null));
 t(k+" sep", ()=>[p.sep,p.delimiter]);
}
const px = path.posix;
t("resolve", () => [px.resolve("/a", "b"), px.resolve("/a", "../b"), px.resolve("/a", "/b", "c"), px.resolve("/"), px.resolve("/a//b/../c/")]);
t("relative", () => [px.relative("/a/b", "/a/c"), px.relative("/a", "/a"), px.relative("/a/b/c", "/"), px.relative("/", "/a"), px.relative("/a/bc", "/a/b")]);
const w = path.win32;
t("wresolve", () => [w.resolve("C:\\a", "b"), w.resolve("C:\\a", "..\\b"), w.resolve("C:\\a", "D:\\b"), w.resolve("C:/", "a"), w.resolve("\\\\s\\h\\", "a"), w.resolve("c:/ignore", "c:/some/file")]);
t("wrelative", () => [w.relative("C:\\a\\b", "C:\\a\\c"), w.relative("C:\\a", "D:\\a"), w.relative("C:\\A", "c:\\a\\b"), w.relative("C:\\a\\b", "C:\\")]);
const qs = require("querystring");
for (const s of ["", "a=b", "a=b&a=c&a=d", "a", "=b", "a=&b", "a=b=c", "a%20b=c+d", "%zz=%", "a=b&&c", "x=%E9", "__proto__=1", "&", "a[]=1&a[]=2"]) t("qs " + s, () => [qs.parse(s), qs.stringify(qs.parse(s))]);
t("qs2", () => [qs.parse("a:b;c:d", ";", ":"), qs.stringify({ a: [1, 2], b: true, c: null, d: undefined, e: NaN, f: {}, g: 5n, h: "é &=" }), qs.stringify({ a: 1 }, ";", ":"), qs.escape("a b'()*!~"), qs.unescape("%41%zz"), qs.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }), qs.stringify("x"), qs.parse(5)]);
t("qs keys", () => { const many = "a=1" + "&b=2".repeat(1500); return [undefined, { maxKeys: 0 }, { maxKeys: 10 }].map((options) => qs.parse(many, "&", "=", options).b.length); });
const { StringDecoder } = require("string_decoder");
for (const enc of ["utf8", "utf16le", "base64", "base64url", "hex", "latin1", "ascii"]) for (const hex of ["e282ac", "f09f9880", "c3", "ff41", "e28241", "616263", "6162", "61", "f09f98", "e1b880e282"]) {
  t(`sd ${enc} ${hex}`, () => { const d = new StringDecoder(enc); let parts = []; for (const b of Buffer.from(hex, "hex")) parts.push(d.write(Buffer.from([b]))); parts.push(d.end()); return parts.map(escape); });
  t(`sd2 ${enc} ${hex}`, () => { const d = new StringDecoder(enc); return [d.write(Buffer.from(hex, "hex")), d.end(Buffer.from([0x80]))].map(escape); });
}
const Buffer_ = require("buffer").Buffer;
const pc = require("punycode");
t("puny", () => [pc.encode("mañana"), pc.decode("maana-pta"), pc.toASCII("mañana.com"), pc.toUnicode("xn--maana-pta.com"), pc.encode("☃-⌘"), pc.decode("--dqo34k"), pc.toASCII("джумла@джpумлатест.bрфa"), pc.ucs2.decode("a😀"), pc.ucs2.encode([97, 128512]), pc.encode("bücher"), pc.toASCII("example.com")]);
const url = require("url");
for (const u of ["http://user:pass@host.com:8080/p/a/t/h?query=string#hash", "//some/path", "/a?b=c", "http://a.com", "HTTP://A.COM", "mailto:foo@bar.com?subject=hello", "javascript:alert('hello');", "http://[fe80::1]:80/a", "x:1", "a/b?c#d", "http://a.com?b", "http://a.com#x?y", "file:///etc/passwd", "http://a b/c", " http://x.y/ ", "http://a.com\\b", "git+ssh://git@github.com/x", "http://ex.com/a{b}|c", "?a=b", "#h", "http://mañana.com/é", "http://a.com:/", "http://a@b@c/", "coap://host/x", "http:a", "http:/a"]) {
  t("url.parse " + u, () => ({ ...url.parse(u) })); t("url.format " + u, () => url.format(url.parse(u)));
}
t("parse query", () => url.parse("/a?b=c&b=d", true).query); t("parse slashes", () => ({ ...url.parse("//host/path", false, true) }));
for (const [a, b] of [["/one/two/three", "four"], ["http://example.com/", "/one"], ["http://example.com/one", "/two"], ["http://a/b/c/d;p?q", "../g"], ["http://a/b/c/d", "../../../g"], ["http://a/b", "?x"], ["http://a/b?y", "#z"], ["http://a/b", "//c/d"], ["http://a/b", "http://c"], ["http://a/b/", "."], ["http://a/b/c", ".."], ["a/b", "../c"], ["a", "../../b"], ["http://a", "b"], ["/a/b/", "./c/"], ["http://a/b", ""]]) t(`resolve ${a} ${b}`, () => url.resolve(a, b));
t("fmt", () => [url.format({ protocol: "http", host: "a.com", pathname: "/b", query: { c: 1 } }), url.format({ hostname: "::1", port: 8, protocol: "http:" }), url.format({ pathname: "a?b#c" }), url.format(new URL("http://u:p@xn--maana-pta.com/x?y#z"), { auth: false, fragment: false, search: false, unicode: true })]);
t("file", () => [url.fileURLToPath("file:///a%20b/c"), url.pathToFileURL("/a b%/é?#").href, url.domainToASCII("español.com"), url.domainToUnicode("xn--espaol-zwa.com"), url.domainToASCII("xn--iñvalid.com")]);
t("file bad", () => url.fileURLToPath("http://x")); t("file bad2", () => url.fileURLToPath("file:///a%2fb")); t("file host", () => url.fileURLToPath("file://host/a"));
t("opts", () => url.urlToHttpOptions(new URL("http://a:b@c.d:81/x?y#z")));
