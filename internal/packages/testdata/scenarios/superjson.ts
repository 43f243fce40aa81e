import superjson from "superjson";
import { equal, fails, holds, run } from "../check";

class Point { constructor(readonly x: number, readonly y: number) {} }
superjson.registerClass(Point);

run({
  "values that JSON lacks survive"() {
    const value = { date: new Date(5), map: new Map([[1, new Set(["a"])]]), big: 12345678901234567890n, nothing: undefined, pattern: /a+/gi, nan: NaN, url: new URL("https://example.com/a"), list: [undefined, -0] };
    const back = superjson.parse<typeof value>(superjson.stringify(value));
    equal([back.date, back.map, back.big, back.nothing, String(back.pattern), back.nan, back.url.href, back.list], [value.date, value.map, value.big, undefined, "/a+/gi", NaN, "https://example.com/a", [undefined, -0]]);
  },
  "references, errors, typed arrays, classes"() {
    const shared = { a: 1 };
    const { one, two, error, bytes, point } = superjson.deserialize<any>(superjson.serialize({ one: shared, two: shared, error: new TypeError("no"), bytes: new Uint8Array([1, 2]), point: new Point(1, 2) }));
    holds(one === two, "one object");
    holds(error instanceof Error && error.message === "no" && error.name === "TypeError", "the error");
    equal([...bytes], [1, 2]);
    holds(point instanceof Point && point.y === 2, "a point");
  },
  async "prototypes are not polluted"() {
    await fails(() => superjson.deserialize({ json: {}, meta: { values: { "__proto__.x": ["Date"] } } } as any), "__proto__");
  },
});
