const ways = { structuredClone, "serialize and back": (value) => internal.deserialize(internal.serialize(value)) };

// both defines a case for each of the two ways of cloning.
const both = (name, check) => {
  for (const [way, clone] of Object.entries(ways)) test(`${name}: ${way}`, () => check(clone));
};

both("primitives", (clone) => {
  for (const value of [undefined, null, true, false, 0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** 60, "", "é😀\0", "\ud800", 10n ** 40n, -1n]) equal(clone(value), value);
});

both("plain objects and arrays", (clone) => {
  for (const value of [{}, [], { a: 1, b: [true, { c: null }] }, [[[[]]]], { "": 0, "a b": 1 }, [undefined], { a: undefined }, { x: [NaN, -0] }]) equal(clone(value), value);
});

both("keys like those of the format", (clone) => {
  for (const value of [{ $: 1 }, { $: ["ref", 0] }, { $: undefined, a: { $: { $: [] } } }, [{ $: ["Map", []] }]]) equal(clone(value), value);
  const own = JSON.parse('{"__proto__": {"a": 1}, "toJSON": 5, "constructor": 6}');
  const copy = clone(own);
  equal([Object.keys(copy), Object.getPrototypeOf(copy) === Object.prototype, copy.a], [["__proto__", "toJSON", "constructor"], true, undefined]);
});

both("arrays with holes and properties", (clone) => {
  const value = [1, , 3];
  value.name = "x";
  const copy = clone(value);
  equal([copy, copy.length, 1 in copy, copy.name], [value, 3, false, "x"]);
  equal(clone(new Array(5)).length, 5);
  const odd = [1]; odd.length = 2; odd.extra = 5;
  equal([clone(odd).extra, clone(odd).length], [5, 2]);
});

both("Map, Set, Date and RegExp", (clone) => {
  equal(clone(new Map([[{ a: 1 }, new Set([1, "2"])], ["k", undefined]])), new Map([[{ a: 1 }, new Set([1, "2"])], ["k", undefined]]));
  equal([clone(new Date(5)), clone(new Date(NaN)).getTime()], [new Date(5), NaN]);
  const expression = /a\/b(?<n>.)/giu;
  expression.lastIndex = 3;
  equal([clone(expression), clone(expression).lastIndex, clone(expression).source], [expression, 0, "a\\/b(?<n>.)"]);
});

both("boxed primitives", (clone) => {
  for (const value of [true, -0, "text", 5n]) {
    const copy = clone(Object(value));
    equal([typeof copy, copy.valueOf()], ["object", value]);
  }
});

both("errors", (clone) => {
  for (const error of [new Error("m"), new TypeError("m"), new RangeError(""), Object.assign(new Error("m"), { name: "Custom" })]) {
    const copy = clone(error);
    ok(copy instanceof Error && copy !== error, "the clone must be another Error");
    equal([copy.name, copy.message, copy.stack], [error.name === "Custom" ? "Error" : error.name, error.message, String(error.stack)]);
  }
  class Own extends TypeError {}
  ok(clone(new Own("x")) instanceof TypeError, "a subclass must be cloned as its built-in superclass");
  const exception = clone(new DOMException("m", "AbortError"));
  equal([exception instanceof DOMException, exception.name, exception.message, exception.code], [true, "AbortError", "m", 20]);
});

both("buffers and views", (clone) => {
  const { buffer } = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  equal(clone(buffer), buffer);
  equal([clone(new Uint16Array(buffer, 2, 2)), clone(new Uint16Array(buffer, 2, 2)).byteOffset], [new Uint16Array(buffer, 2, 2), 2]);
  const view = clone(new DataView(buffer, 1, 3));
  equal([view instanceof DataView, view.byteOffset, view.byteLength, view.getUint8(0)], [true, 1, 3, 2]);
  for (const array of [new Float64Array([1.5, NaN]), new BigInt64Array([-5n]), new Uint8ClampedArray([255]), new Float32Array(0)]) equal(clone(array), array);
  const two = clone([new Uint8Array(buffer), new Uint8Array(buffer, 4), buffer]);
  ok(two[0].buffer === two[1].buffer && two[1].buffer === two[2], "the clones of views must share their buffer");
  const growing = clone(new ArrayBuffer(2, { maxByteLength: 8 }));
  growing.resize(8);
  equal(growing.byteLength, 8);
});

both("cycles and shared references", (clone) => {
  const value = { name: "v", list: [] };
  value.self = value;
  value.list.push(value, value.list);
  const copy = clone(value);
  ok(copy !== value && copy.self === copy && copy.list[0] === copy && copy.list[1] === copy.list, "cycles must be preserved");
  const shared = { a: 1 }, pair = clone([shared, shared, { a: 1 }]);
  ok(pair[0] === pair[1] && pair[0] !== pair[2], "shared references must be preserved");
  const map = new Map();
  map.set(map, map);
  const looped = clone(map);
  ok(looped.get(looped) === looped, "a map may contain itself");
  const deep = [new Uint8Array(1), new Date(0), /x/, new Error("e"), Object("s"), new Set(), { $: 1 }, shared];
  const twice = clone([deep, ...deep]);
  deep.forEach((_, i) => ok(twice[0][i] === twice[i + 1], `member ${i} must be shared`));
});

both("class instances become plain objects", (clone) => {
  class Point { x = 1; #y = 2; get y() { return this.#y; } }
  const copy = clone(new Point());
  equal([copy, Object.getPrototypeOf(copy) === Object.prototype], [{ x: 1 }, true]);
  class List extends Array {}
  ok(clone(List.of(1)).constructor === Array, "a subclass of Array must be cloned as an Array");
  equal(clone(Object.create(null, { a: { value: 1, enumerable: true }, b: { value: 2 } })), { a: 1 });
  equal(clone(Object.create(Map.prototype)), {});
  equal(clone(Object.create({ inherited: 1 })), {});
  equal(clone({ [Symbol("s")]: 1 }), {});
});

both("getters are called once", (clone) => {
  let calls = 0;
  equal(clone({ get a() { return ++calls; } }), { a: 1 });
  equal(calls, 1);
  throws(() => clone({ get a() { throw new RangeError("own"); } }), "RangeError", "own");
});

both("values that are not data are refused", (clone) => {
  const all = [() => {}, class {}, Symbol("s"), Object(Symbol("s")), new WeakMap(), new WeakSet(), Promise.resolve(), new WeakRef({}), (function* () {})(),
    new Headers(), new URL("http://h"), new EventTarget(), new Event("x"), new Response(), new AbortController().signal, crypto];
  for (const value of all) {
    const error = throws(() => clone(value), "DataCloneError", "cannot be cloned");
    equal([error instanceof DOMException, error.code], [true, 25]);
    throws(() => clone({ a: [value] }), "DataCloneError");
  }
});

test("deeply nested data is deserialized or refused", () => {
  for (const text of ["J" + "[".repeat(5e4), "S" + "[".repeat(5e4) + "]".repeat(5e4), "S" + '{"$":["Map",['.repeat(1e4), "J" + "[".repeat(5e4) + "]".repeat(5e4)]) {
    try {
      internal.deserialize(text);
    } catch (error) {
      equal(error.name, "DataCloneError");
    }
  }
});

both("nesting is bounded", (clone) => {
  const nested = (levels) => { let value = []; for (let i = 1; i < levels; i++) value = i % 2 ? { value } : [value]; return value; };
  clone(nested(500));
  let map = new Map(); for (let i = 1; i < 500; i++) map = new Map([[map, 1]]);
  clone(map);
  throws(() => clone(nested(501)), "DataCloneError", "500 levels");
  throws(() => clone(nested(5_000)), "DataCloneError", "500 levels");
});

test("transfer moves a buffer", () => {
  const buffer = new Uint8Array([1, 2, 3]).buffer, unused = new ArrayBuffer(4);
  const copy = structuredClone({ buffer, view: new Uint8Array(buffer, 1) }, { transfer: [buffer, unused] });
  equal([buffer.detached, unused.detached, copy.buffer, copy.view], [true, true, new Uint8Array([1, 2, 3]).buffer, new Uint8Array([2, 3])]);
  ok(copy.view.buffer === copy.buffer, "the view must have the moved buffer");
});

test("transfer is checked, and nothing is moved if cloning fails", () => {
  const buffer = new ArrayBuffer(1);
  throws(() => structuredClone(1, { transfer: [buffer, buffer] }), "DataCloneError", "twice");
  throws(() => structuredClone(1, { transfer: [{}] }), "DataCloneError", "ArrayBuffer");
  throws(() => structuredClone(() => {}, { transfer: [buffer] }), "DataCloneError");
  equal(buffer.detached, false);
  buffer.transfer();
  throws(() => structuredClone(1, { transfer: [buffer] }), "DataCloneError", "detached");
  throws(() => structuredClone(buffer), "DataCloneError", "detached");
  throws(() => structuredClone(), "TypeError", "1 argument");
});

test("plain data is a letter followed by JSON", () => equal([internal.serialize({ a: [1, "x"] }), internal.serialize("x")], ['J{"a":[1,"x"]}', 'J"x"']));

test("other text is refused", () => {
  for (const text of ["", "J", "X1", "J{", "S{", 'S{"$":1}', 'S{"$":["nope"]}', 'S{"$":["toString"]}', 'S{"$":["ref",0]}', 'S{"$":["ref",-1]}', 'S{"$":["Map",[1]]}', 'S{"$":["View","Uint8Array",{},0,1]}',
    'S{"$":["View","Function",{"$":["ArrayBuffer","",null]},0,0]}', 'S{"$":["Array",-1,{}]}', 'S{"$":["RegExp","(",""]}', 'S{"$":["ArrayBuffer","!",null]}', 'S{"$":["bigint","x"]}', 'S{"$":["Error","Function","",""]}', 'S{"$":["Object"]}', 'S{"$":["Transferred",0]}']) {
    throws(() => internal.deserialize(text), "DataCloneError", "cannot be read back");
  }
});

both("an error keeps its cause", (clone) => {
  const cause = new RangeError("why"), copy = clone(new Error("m", { cause }));
  ok(copy.cause instanceof RangeError && copy.cause !== cause, "the cause must be a copy");
  equal([copy.cause.message, Object.keys(copy), Object.getOwnPropertyDescriptor(copy, "cause").enumerable], ["why", [], false]);
  equal([clone(new Error("m", { cause: undefined })).cause, "cause" in clone(new Error("m", { cause: undefined })), "cause" in clone(new Error("m"))], [undefined, true, false]);
  const loop = new Error("loop");
  loop.cause = { loop };
  const again = clone(loop);
  ok(again.cause.loop === again, "a cycle must be preserved");
  throws(() => clone(new Error("m", { cause: () => {} })), "DataCloneError");
});

both("blobs and files", (clone) => {
  const blob = new Blob(["h", new Uint8Array([0xc3, 0xa9])], { type: "text/X" }), file = new File([blob], "näme", { type: "a/b", lastModified: 7 });
  const [one, two, same] = clone([blob, file, blob]);
  ok(one instanceof Blob && !(one instanceof File) && one !== blob && one === same, "a Blob must be cloned once");
  equal([one.size, one.type, two instanceof File, two.size, two.type, two.name, two.lastModified], [3, "text/x", true, 3, "a/b", "näme", 7]);
  equal(clone(new Blob([])).size, 0);
  equal(clone(Object.create(Blob.prototype, { own: { value: 1, enumerable: true } })), { own: 1 });
  return one.text().then((text) => equal(text, "hé"));
});
