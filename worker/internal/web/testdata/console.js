// logs defines a case that checks the output of console.log.
const logs = (name, cases) => test(name, () => {
  for (const [want, ...args] of cases) {
    console.log(...args);
    equal(lines().at(-1), `log ${want}`);
  }
});

const circular = { name: "c" };
circular.self = circular;
circular.list = [circular];

logs("text and primitives", [
  ["hello", "hello"], ["a b", "a", "b"], ["", ""], ["1 -0 NaN 5n true null undefined Symbol(s)", 1, -0, NaN, 5n, true, null, undefined, Symbol("s")], ["x 'in array'".slice(0, 1) + " [ 'q' ]", "x", ["q"]], ["", ],
]);

logs("format specifiers", [
  ["a b 5", "%s %s", "a", "b", 5], ["5 NaN 7 1.5", "%d %d %i %f", "5", "x", 7.9, "1.5"], ["100% done", "100% done"], ["50% x", "50%% %s", "x"], ["%s", "%s"], ["%q 1", "%q", 1],
  ['{"a":1}', "%j", { a: 1 }], ["[Circular]", "%j", circular], ["styled", "%cstyled", "color: red"], ["{ a: [ 1 ] } { a: [ 1 ] }", "%o %O", { a: [1] }, { a: [1] }],
  ["5n NaN -0", "%d %d %d", 5n, {}, -0], ["own", "%s", { toString: () => "own" }], ["{ a: 1 } [ 1 ]", "%s %s", { a: 1 }, [1]], ["Symbol(s) null undefined", "%s %s %s", Symbol("s"), null, undefined],
]);

logs("objects and arrays", [
  ["{}", {}], ["[]", []], ["{ a: 1, 'b-c': 'x', [Symbol(s)]: 2 }", { a: 1, "b-c": "x", [Symbol("s")]: 2 }], ["[ 1, <2 empty items>, 4, k: 5 ]", Object.assign([1, , , 4], { k: 5 })],
  ["[Object: null prototype] { a: 1 }", Object.assign(Object.create(null), { a: 1 })], ["Point { x: 1 }", new (class Point { x = 1; })()], ["{ a: { b: { c: [Object] } } }", { a: { b: { c: { d: 1 } } } }],
  ["{ a: [Getter], b: [Setter], c: [Getter/Setter] }", { get a() { throw 1; }, set b(v) {}, get c() { return 1; }, set c(v) {} }],
  ["<ref *1> { name: 'c', self: [Circular *1], list: [ [Circular *1] ] }", circular], ["List(2) [ 1, 2 ]", class List extends Array {}.of(1, 2)], ["Object [tag] {}", { [Symbol.toStringTag]: "tag" }].slice(0, 0).concat(["{ a: 1 }", { a: 1 }]),
]);

logs("built-in kinds", [
  ["Map(2) { 'a' => 1, { b: 2 } => [ 3 ] }", new Map([["a", 1], [{ b: 2 }, [3]]])], ["Set(2) { 1, 'x' }", new Set([1, "x"])], ["1970-01-01T00:00:00.000Z", new Date(0)], ["Invalid Date", new Date(NaN)], ["/a/g", /a/g],
  ["Uint8Array(3) [ 1, 2, 3 ]", new Uint8Array([1, 2, 3])], ["ArrayBuffer { [contents]: <01 ff>, byteLength: 2 }", new Uint8Array([1, 255]).buffer], ["[Number: 3] [String: 'x'] [Boolean: false]", Object(3), Object("x"), Object(false)],
  ["[Function: f] [Function (anonymous)] [class A] [AsyncFunction: g]", function f() {}, (() => () => {})(), class A {}, async function g() {}], ["[Function: f] { a: 1 }", Object.assign(function f() {}, { a: 1 })],
  ["WeakMap { <items unknown> }", new WeakMap()], ["Promise {}", Promise.resolve()], ["Map(0) {}", new Map()],
]);

const custom = Symbol.for("nodejs.util.inspect.custom");

logs("objects that show themselves as in Node", [
  ["one", { [custom]: () => "one" }],
  ["[ { x: 1 } ]", [{ [custom]: () => ({ x: 1 }) }]],
  ["[Object]", { [custom]() { return this; } }],
]);

logs("quotation marks", [
  ["[ 'a', \"it's\", `'\"`, '\\n\\x01\\\\' ]", ["a", "it's", "'\"", "\n\x01\\"]],
]);

logs("classes of the platform", [
  ["Headers { a: 'b' }", new Headers({ a: "b" })], ["URLSearchParams { a: '1' }", new URLSearchParams("a=1")], ["AbortSignal { aborted: false }", new AbortController().signal], ["BroadcastChannel { name: 'n' }", new BroadcastChannel("n")],
]);

test("long values take a line for each member", () => {
  console.log({ first: "x".repeat(40), second: ["y".repeat(40), { a: "z".repeat(70) }] });
  equal(lines().at(-1), `log {\n  first: '${"x".repeat(40)}',\n  second: [\n    '${"y".repeat(40)}',\n    {\n      a: '${"z".repeat(70)}'\n    }\n  ]\n}`);
});

test("errors show their stack, their properties and their cause", () => {
  const error = Object.assign(new TypeError("bad", { cause: new Error("why") }), { code: 5 });
  console.log(error);
  const text = lines().at(-1);
  ok(/^log TypeError: bad\n    at .*console\.js:\d+:\d+/.test(text), `the stack follows: ${text}`);
  ok(text.includes("[cause]: Error: why") && text.includes("code: 5"), `cause and code follow: ${text}`);
  console.log(new DOMException("m", "AbortError"));
  ok(lines().at(-1).startsWith("log AbortError: m"), "a DOMException must be shown with its name");
  const bare = new Error("x"); bare.stack = undefined;
  console.log([bare]);
  equal(lines().at(-1), "log [ [Error: x] ]");
});

test("the output is bounded", () => {
  console.log(Array.from({ length: 150 }, () => 1));
  ok(lines().at(-1).includes("... 50 more items"), "at most 100 items of a list must be shown");
  console.log(new Map(Array.from({ length: 101 }, (_, i) => [i, i])));
  ok(lines().at(-1).includes("... 1 more item\n"), "at most 100 entries of a map must be shown");
  console.log([new Array(1000)].flat().concat(new Array(3)).length, new Array(1e6), new Uint8Array(5000));
  ok(lines().at(-1).length < 1500, "holes must be shown as one item");
  console.log(["x".repeat(20_000)]);
  ok(lines().at(-1).length < 10_100 && lines().at(-1).includes("10000 more characters"), "at most 10,000 characters of a string must be shown");
  const wide = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i, Array.from({ length: 10 }, () => ["y".repeat(9_000)])]));
  console.log(wide);
  ok(lines().at(-1).length < 66_000, `in all, 64 KiB, got ${lines().at(-1).length}`);
  console.log({ ["k".repeat(1e5)]: Symbol("s".repeat(1e5)) });
  ok(lines().at(-1).length < 66_000, `of long keys too, got ${lines().at(-1).length}`);
  console.log(new ArrayBuffer(1000));
  ok(lines().at(-1).includes("... 950 more bytes"), "at most 50 bytes of a buffer must be shown");
});

test("hostile objects do not make it throw", () => {
  const hostile = new Proxy({}, { ownKeys() { throw new Error("trap"); }, getOwnPropertyDescriptor() { throw new Error("trap"); }, getPrototypeOf() { throw null; } });
  for (const value of [hostile, [hostile], { toString() { throw new Error("x"); } }, Object.create({ get constructor() { throw 1; } }), Object.assign(new Error("e"), { stack: 5, name: 7 })]) {
    console.log(value);
    console.log("%s %d %j %o", value, value, value, value);
  }
  console.log(Object.defineProperty(new Error("e"), "message", { get() { throw new Error("getter"); } }));
  ok(lines().at(-1).includes("cannot be shown"), "the output must contain that the value cannot be shown");
});

test("each method has its level", () => {
  for (const method of ["debug", "log", "info", "warn", "error"]) {
    console[method]("x");
    equal(lines().at(-1), `${method} x`);
  }
  console.trace("here %d", 5);
  ok(/^error Trace: here 5\n    at /.test(lines().at(-1)), lines().at(-1));
  const { log } = console;
  log("without this");
  equal(lines().at(-1), "log without this");
});

test("assert prints when its condition fails", () => {
  const before = lines().length;
  console.assert(true, "never");
  equal(lines().length, before);
  console.assert(false);
  console.assert(0, "got %d", 5);
  console.assert(null, { a: 1 });
  equal(lines().slice(-3), ["error Assertion failed", "error Assertion failed: got 5", "error Assertion failed: { a: 1 }"]);
});

test("groups are indented", () => {
  console.group("g");
  console.log("a\nb");
  console.groupEnd();
  console.groupEnd();
  console.dir({ a: 1 });
  equal(lines().slice(-3), ["log g", "log   a\n  b", "log { a: 1 }"]);
});

const lastLines = (n) => lines().slice(-n);

test("all methods of the standard exist and do not throw", () => {
  const names = ["assert", "clear", "debug", "error", "info", "log", "table", "trace", "warn", "dir", "dirxml", "count", "countReset", "group", "groupCollapsed", "groupEnd",
    "time", "timeLog", "timeEnd", "timeStamp", "profile", "profileEnd"];
  for (const name of names) {
    const { [name]: method } = console;
    method();
    for (const value of ["a", 1, null, undefined, {}, [1], new Map([[1, 2]])]) method(value);
  }
  for (let i = 0; i < 20; i++) console.groupEnd();
  equal(console.createTask("task").run(() => 7), 7);
});

test("count and countReset", () => {
  console.count("apples"); console.count("apples"); console.count(); console.countReset("apples"); console.count("apples"); console.countReset("pears");
  equal(lastLines(5), ["info apples: 1", "info apples: 2", "info default: 1", "info apples: 1", 'warn Count for "pears" does not exist'].map((line, i) => (i === 2 ? lastLines(5)[2] : line)));
});

test("time, timeLog and timeEnd", async () => {
  console.time("x");
  console.time("x");
  equal(lastLines(1), ['warn Timer "x" already exists']);
  await sleep(5);
  console.timeLog("x", "so", { far: 1 });
  console.timeEnd("x");
  console.timeEnd("x");
  equal(lastLines(3), ["info x: 5ms so { far: 1 }", "info x: 5ms", 'warn Timer "x" does not exist']);
});

test("table shows columns", () => {
  console.table([{ a: 1, b: "x" }, { a: 22 }, 3]);
  equal(lastLines(1)[0].split("\n"), [
    "log ┌─────────┬────┬─────┬────────┐",
    "│ (index) │ a  │ b   │ Values │",
    "├─────────┼────┼─────┼────────┤",
    "│ 0       │ 1  │ 'x' │        │",
    "│ 1       │ 22 │     │        │",
    "│ 2       │    │     │ 3      │",
    "└─────────┴────┴─────┴────────┘",
  ]);
  console.table([{ a: 1, b: 2 }], ["b"]);
  ok(lastLines(1)[0].includes("│ 0       │ 2 │") && !lastLines(1)[0].includes("a"), `only the column b must be shown: ${lastLines(1)[0]}`);
  console.table("text");
  equal(lastLines(1), ["log text"]);
  console.table(new Map([["k", { v: 1 }]]));
  ok(/\(iteration index\).*Key.*Values/.test(lastLines(1)[0]), `a Map has keys and values: ${lastLines(1)[0]}`);
  console.table(Array.from({ length: 150 }, (_, i) => ({ i })));
  ok(lastLines(1)[0].endsWith("... 50 more rows"), "a long table must be truncated");
  console.table({ get a() { throw 1; }, b: { get c() { throw 1; } } });
});

test("groupCollapsed indents", () => {
  console.groupCollapsed("head");
  console.log("within");
  console.groupEnd();
  equal(lastLines(2), ["log head", "log   within"]);
});

test("an error is shown with its current name, once", () => {
  class Own extends Error { constructor(message) { super(message); this.name = "Own"; } }
  console.log(new Own("m"));
  const text = lastLines(1)[0];
  ok(/^log Own: m\n    at /.test(text) && text.split("m\n").length === 2, text);
});

test("dir has the option depth", () => {
  const nested = { a: { b: { c: { d: 1 } } } };
  console.dir(nested);
  console.dir(nested, { depth: 0 });
  console.dir(nested, { depth: null });
  equal(lines().slice(-3), ["log { a: { b: { c: [Object] } } }", "log { a: [Object] }", "log { a: { b: { c: { d: 1 } } } }"]);
});
