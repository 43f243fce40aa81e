import { parseCookie, stringifySetCookie } from "cookie";
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";
import qs from "qs";
import semver from "semver";
import { equal, run } from "../check";

run({
  "cookie"() {
    equal({ ...parseCookie("a=1; b=%C3%A9; c=x") }, { a: "1", b: "é", c: "x" });
    equal(stringifySetCookie({ name: "session", value: "a b", httpOnly: true, maxAge: 60, sameSite: "lax", path: "/", expires: new Date(0) }), "session=a%20b; Max-Age=60; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax");
  },
  "qs"() {
    equal(qs.parse("a[b][]=1&a[b][]=2&c=%20x"), { a: { b: ["1", "2"] }, c: " x" });
    equal(qs.stringify({ a: { b: [1, 2] }, d: new Date(0), n: null }, { arrayFormat: "brackets" }), "a%5Bb%5D%5B%5D=1&a%5Bb%5D%5B%5D=2&d=1970-01-01T00%3A00%3A00.000Z&n=");
  },
  "fast-xml-parser"() {
    const source = '<?xml version="1.0"?><feed lang="en"><item id="1">A &amp; B</item><item id="2"><![CDATA[<x>]]></item></feed>';
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(source);
    equal(parsed.feed, { item: [{ "#text": "A & B", "@_id": "1" }, { "#text": "<x>", "@_id": "2" }], "@_lang": "en" });
    equal(new XMLBuilder({ ignoreAttributes: false, format: false }).build({ a: { "@_x": 1, b: ["1", "<"] } }), '<a x="1"><b>1</b><b>&lt;</b></a>');
    equal((XMLValidator.validate("<a><b></a>") as any).err.code, "InvalidTag");
  },
  "semver"() {
    equal([semver.satisfies("1.2.3", "^1.2.0 || >=3"), semver.gt("2.0.0-rc.1", "2.0.0"), semver.inc("1.2.3", "minor"), semver.coerce("v3.4")!.version], [true, false, "1.3.0", "3.4.0"]);
    equal([semver.maxSatisfying(["1.0.0", "1.9.0", "2.0.0"], "1.x"), semver.validRange(">1 <2 bad")], ["1.9.0", null]);
  },
});
