import { camelCase, chunk, cloneDeep, debounce, get, groupBy, isEqual, memoize, merge, orderBy, pick, set, sortBy, template, throttle, uniqBy, words } from "lodash-es";
import { equal, holds, run } from "../check";

run({
  "collections"() {
    const users = [{ name: "bob", age: 2 }, { name: "ann", age: 2 }, { name: "eve", age: 1 }];
    equal(sortBy(users, ["age", "name"]).map((user) => user.name), ["eve", "ann", "bob"]);
    equal(orderBy(users, ["age", "name"], ["desc", "asc"])[0].name, "ann");
    equal(groupBy(users, "age")[2].length, 2);
    equal(chunk([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
    equal(uniqBy(users, "age").length, 2);
  },
  "objects"() {
    const source = { a: [{ b: { c: 3 } }], date: new Date(5), map: new Map([[1, { x: 1 }]]), bytes: new Uint8Array([1]) };
    const copy = cloneDeep(source);
    holds(isEqual(copy, source) && copy.map !== source.map && copy.bytes !== source.bytes, "an equal copy");
    equal(get(source, "a[0].b.c"), 3);
    equal(set({}, "x.y[1]", 5), { x: { y: [, 5] } } as any);
    equal(merge({ a: { b: 1 } }, { a: { c: 2 } }), { a: { b: 1, c: 2 } });
    equal(pick({ a: 1, b: 2 }, ["a"]), { a: 1 });
  },
  "text"() {
    equal([camelCase("foo bar-baz"), words("fooBar naïve ünïcode"), template("hello <%- user %>!")({ user: "<ann>" })], ["fooBarBaz", ["foo", "Bar", "naïve", "ünïcode"], "hello &lt;ann&gt;!"]);
  },
  async "functions"() {
    const calls: string[] = [];
    const late = debounce((text: string) => calls.push(text), 5), first = throttle((text: string) => calls.push(text), 1000, { trailing: false });
    for (const text of ["a", "b", "c"]) { late(text); first(text); }
    await new Promise((done) => setTimeout(done, 30));
    equal(calls, ["a", "c"]);
    let computed = 0;
    const square = memoize((n: number) => { computed++; return n * n; });
    equal([square(3), square(3), computed], [9, 9, 1]);
  },
});
