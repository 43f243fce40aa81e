import { decode, decodeMulti, encode, ExtensionCodec } from "@msgpack/msgpack";
import { addExtension, pack, Packr, unpack } from "msgpackr";
import { equal, holds, run } from "../check";

const value = { text: "zażółć 😀", numbers: [0, -1, 2 ** 31, -(2 ** 31), 1.5], nothing: null, yes: true, bytes: new Uint8Array([1, 2, 3]), nested: { a: [{ b: "c" }] } };

run({
  "@msgpack/msgpack"() {
    equal(decode(encode(value)), value);
    equal([...encode({ a: 1 })], [0x81, 0xa1, 0x61, 1]);
    equal((decode(encode(new Date(5))) as Date).getTime(), 5);
    equal([...decodeMulti(new Uint8Array([1, 2, 3]))], [1, 2, 3]);
    const extensionCodec = new ExtensionCodec();
    extensionCodec.register({ type: 1, encode: (object) => (object instanceof Set ? encode([...object]) : null), decode: (data) => new Set(decode(data) as any[]) });
    equal(decode(encode({ s: new Set([1]) }, { extensionCodec }), { extensionCodec }), { s: new Set([1]) });
    equal(decode(encode({ big: 12345678901234567890n }, { useBigInt64: true }), { useBigInt64: true }), { big: 12345678901234567890n });
    equal(String(decode(encode("x".repeat(100_000)))).length, 100_000);
  },
  "msgpackr"() {
    const back = unpack(pack(value));
    equal({ ...back, bytes: [...back.bytes] }, { ...value, bytes: [1, 2, 3] });
    equal([...pack({ a: 1 })], [0xde, 0, 1, 0xa1, 0x61, 1]);
    const maps = new Packr({ mapsAsObjects: false, useRecords: false }), kinds = [new Date(5), new Map<any, any>([[1, 2], ["a", new Map()]]), 2n ** 63n];
    equal(maps.unpack(maps.pack(kinds)), kinds);
  },
  "both read each other"() {
    const { bytes, ...rest } = value;
    equal(unpack(encode(rest)), rest);
    equal(decode(pack(rest)), rest);
  },
  "msgpackr: records and shared structures"() {
    const packr = new Packr({ structures: [], useRecords: true });
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, name: `user ${id}`, tags: ["a", "b"] }));
    const bytes = packr.pack(rows);
    holds(bytes.length < pack(rows).length * 0.8, "records to be smaller than maps");
    equal(packr.unpack(bytes), rows);
  },
  "msgpackr: extensions"() {
    class Point { constructor(public x: number, public y: number) {} }
    addExtension({ Class: Point, type: 20, write: (point: any) => [point.x, point.y], read: ([x, y]: any) => new Point(x, y) } as any);
    holds(unpack(pack(new Point(1, 2))) instanceof Point, "a point");
  },
});
