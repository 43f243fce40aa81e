// Lines of the console are compared with those of Node 20: buffer.txt is its output.
const { Buffer, transcode, isUtf8, isAscii, SlowBuffer } = require("node:buffer");
const out = [];
const t = (label, f) => { let r; try { r = f(); } catch (e) { r = `${e.name} ${e.code}`; } if (Buffer.isBuffer(r)) r = "B:" + r.toString("hex"); console.log(label + " -> " + (typeof r === "string" ? r : JSON.stringify(r, (k, v) => typeof v === "bigint" ? v + "n" : v))); };
for (const e of ["utf8", "hex", "base64", "base64url", "latin1", "ascii", "utf16le", "binary", "ucs2", "UTF-8"]) {
  for (const s of ["", "a", "héllo€😀", "ff00zz11", "YWI=", "YW-_I", "YWI=YWI=", " Y W I", "abc", "\ud83dx", "Y", "ab cd", "zz", "0x12"]) {
    t(`from ${e} ${JSON.stringify(s)}`, () => Buffer.from(s, e));
    t(`byteLength ${e} ${JSON.stringify(s)}`, () => Buffer.byteLength(s, e));
  }
  const b = Buffer.from([0, 1, 0x7f, 0x80, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0xfe, 0xe2, 0x82]);
  t(`toString ${e}`, () => escape(b.toString(e)));
  t(`toString part ${e}`, () => escape(b.toString(e, 3, 9)));
  t(`write ${e}`, () => { const w = Buffer.alloc(6); return [w.write("héllo€😀", e), w.toString("hex")]; });
  t(`write2 ${e}`, () => { const w = Buffer.alloc(6); return [w.write("6869", 1, 3, e), w.toString("hex")]; });
  t(`fill ${e}`, () => Buffer.alloc(7).fill("ab", e));
  t(`fill2 ${e}`, () => Buffer.alloc(7).fill("6162", 1, 5, e));
  t(`indexOf ${e}`, () => [b.indexOf("80", e), b.indexOf("é", e), b.lastIndexOf("a", e), b.includes("€", e)]);
}
t("alloc", () => Buffer.alloc(3, 7)); t("alloc str", () => Buffer.alloc(5, "ab")); t("alloc neg", () => Buffer.alloc(-1)); t("alloc s", () => Buffer.alloc("5"));
t("from arr", () => Buffer.from([1, 256, -1, 3.7, "5"])); t("from like", () => Buffer.from({ length: 2, 0: 5, 1: 6 })); t("from json", () => Buffer.from({ type: "Buffer", data: [1, 2] }));
t("from num", () => Buffer.from(5)); t("from null", () => Buffer.from(null)); t("from String obj", () => Buffer.from(new String("abc"))); t("from u16", () => Buffer.from(new Uint16Array([1, 500])));
t("from ab", () => Buffer.from(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2)); t("from ab bad", () => Buffer.from(new ArrayBuffer(4), 5)); t("from ab bad2", () => Buffer.from(new ArrayBuffer(4), 1, 9));
t("from obj", () => Buffer.from({})); t("from sym", () => Buffer.from({ [Symbol.toPrimitive]: () => "hi" })); 
t("Buffer()", () => Buffer("abc")); t("new Buffer", () => new Buffer([1, 2])); t("new Buffer n", () => new Buffer(3)); t("of", () => Buffer.of(1, 2));
t("concat", () => Buffer.concat([Buffer.from("ab"), new Uint8Array([1])])); t("concat n", () => Buffer.concat([Buffer.from("abcd")], 2)); t("concat n2", () => Buffer.concat([Buffer.from("ab")], 4)); t("concat bad", () => Buffer.concat(["a"]));
t("compare", () => [Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.from("abc").compare(Buffer.from("xabcx"), 1, 4), Buffer.from("abc").equals(Buffer.from("abc"))]);
t("slice", () => Buffer.from("abcdef").slice(-3, -1)); t("slice shares", () => { const b = Buffer.from("abc"); b.slice(1)[0] = 88; return b; }); t("subarray", () => Buffer.from("abcdef").subarray(1, 3));
t("copy", () => { const a = Buffer.alloc(5); return [Buffer.from("abcdef").copy(a, 1, 2), a.toString("hex")]; }); t("copy bad", () => Buffer.from("abc").copy(Buffer.alloc(1), -1));
const r = Buffer.from([0x80, 1, 2, 3, 4, 5, 6, 0xff, 0x7f, 0x10]);
for (const m of Object.getOwnPropertyNames(Buffer.prototype).filter((n) => /^read/.test(n)).sort()) {
  if (/Int(LE|BE)$/.test(m)) { for (const s of [1, 2, 3, 4, 5, 6, 7]) t(`${m} ${s}`, () => r[m](1, s)); t(m + " none", () => r[m](0)); }
  else { t(m, () => r[m]()); t(m + " 1", () => r[m](1)); t(m + " oob", () => r[m](9)); t(m + " frac", () => r[m](1.5)); t(m + " str", () => r[m]("1")); t(m + " short", () => Buffer.alloc(0)[m]()); }
}
for (const m of Object.getOwnPropertyNames(Buffer.prototype).filter((n) => /^write.*(Int|Float|Double)/.test(n)).sort()) {
  for (const v of /Big/.test(m) ? [0n, 5n, -5n, 2n ** 63n, 2n ** 64n, -(2n ** 63n)] : [0, 1, -1, 255, 65535, 1.7, -129, 2 ** 32 - 1, 2 ** 31, 5n, -5n, 2n ** 63n, NaN, "12"]) {
    if (/Int(LE|BE)$/.test(m)) t(`${m} ${v}`, () => { const b = Buffer.alloc(8); const n = b[m](v, 1, 3); return [n, b.toString("hex")]; });
    else t(`${m} ${v}`, () => { const b = Buffer.alloc(10); const n = b[m](v, 1); return [n, b.toString("hex")]; });
  }
  t(m + " oob", () => Buffer.alloc(2)[m](/Big/.test(m) ? 1n : 1, 2, 1));
}
t("swap", () => [Buffer.from("abcd").swap16().toString(), Buffer.from("abcd").swap32().toString(), Buffer.from("abcdefgh").swap64().toString()]); t("swap bad", () => Buffer.from("abc").swap16());
t("json", () => JSON.stringify(Buffer.from("hi"))); t("inspect", () => require("util").inspect(Buffer.from("hello")));
t("inspect2", () => require("util").inspect({ a: Buffer.alloc(60) }));
t("transcode", () => transcode(Buffer.from("é€"), "utf8", "utf16le")); t("transcode2", () => transcode(Buffer.from("é€"), "utf8", "latin1")); t("transcode3", () => transcode(Buffer.from("e9", "hex"), "latin1", "utf8"));
t("isUtf8", () => [isUtf8(Buffer.from("é")), isUtf8(Buffer.from([0xff])), isAscii(Buffer.from("a"))]);
t("isEncoding", () => ["utf8", "UTF8", "hex", "x", "", "binary"].map(Buffer.isEncoding));
t("indexOf num", () => [r.indexOf(255), r.indexOf(0x1ff), r.lastIndexOf(4, -5), r.indexOf(Buffer.from([2, 3])), r.indexOf("", 3), r.indexOf("", 99), r.lastIndexOf("")]);
t("index from", () => { const b = Buffer.from("this is a test is"); return [b.indexOf("is", 3), b.indexOf("is", -2), b.lastIndexOf("is"), b.lastIndexOf("is", 10), b.lastIndexOf("is", -100), b.indexOf("is", "utf8"), b.lastIndexOf("is", undefined), b.lastIndexOf("is", null), b.indexOf("zz")]; });
t("fill num", () => Buffer.alloc(3).fill(258)); t("fill empty", () => Buffer.alloc(3, 1).fill("")); t("fill buf", () => Buffer.alloc(5).fill(Buffer.from("xyz"))); t("fill bad", () => Buffer.alloc(3).fill("zz", "hex")); t("fill range", () => Buffer.alloc(3).fill(1, 5));
t("write args", () => { const b = Buffer.alloc(4); return [b.write("abcdef"), b.write("x", 9)]; });
t("species", () => [Buffer.from("abc").map((x) => x + 1) instanceof Buffer, Buffer.from("abc").filter(Boolean).constructor.name, Buffer.name, Buffer.from("a") instanceof Uint8Array, Object.prototype.toString.call(Buffer.from(""))]);
t("enc unknown", () => Buffer.from("a", "nope")); t("tostring unknown", () => Buffer.from("a").toString("nope"));
t("iter", () => [...Buffer.from("ab")]); t("entries", () => [...Buffer.from("ab").entries()]); t("toLocale", () => Buffer.from("ab").toLocaleString("hex")); t("parent", () => Buffer.alloc(2).offset >= 0);
t("latin1Slice", () => Buffer.from("ab").latin1Slice(0, 1)); t("hexWrite", () => Buffer.alloc(2).hexWrite("ff")); t("slow", () => SlowBuffer(2)); t("bl", () => Buffer.byteLength(new ArrayBuffer(3))); t("copyBytesFrom", () => Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1));
