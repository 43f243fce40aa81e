test("names are case-insensitive, values trimmed", () => {
  const headers = new Headers({ "Content-Type": " text/plain\t\n" });
  equal([headers.get("content-TYPE"), headers.has("CONTENT-type"), headers.get("x")], ["text/plain", true, null]);
  headers.set("content-type", 5);
  equal(headers.get("Content-Type"), "5");
  headers.delete("CONTENT-TYPE");
  equal(headers.has("content-type"), false);
});

test("the constructor accepts pairs, objects and Headers", () => {
  for (const init of [{ b: "2", A: "1" }, [["b", "2"], ["A", "1"]], new Map([["b", 2], ["a", 1]]), new Headers({ a: 1, b: 2 })]) {
    equal([...new Headers(init)], [["a", "1"], ["b", "2"]]);
  }
  equal([...new Headers()], []);
  equal([...new Headers(undefined)], []);
  for (const wrong of [null, "text", 5, [["a"]], [["a", "b", "c"]], ["ab"]]) throws(() => new Headers(wrong), "TypeError");
});

test("iteration is sorted, with the values of a name joined", () => {
  const headers = new Headers([["b", "1"], ["a", "2"], ["B", "3"]]);
  equal([...headers], [["a", "2"], ["b", "1, 3"]]);
  equal([[...headers.keys()], [...headers.values()]], [["a", "b"], ["2", "1, 3"]]);
  const each = [];
  headers.forEach((value, name, all) => each.push(`${name}=${value}`, all === headers));
  equal(each, ["a=2", true, "b=1, 3", true]);
});

test("each Set-Cookie is a separate entry", () => {
  const headers = new Headers([["set-cookie", "a=1"], ["Set-Cookie", "b=2, 3"], ["x", "y"]]);
  equal(headers.getSetCookie(), ["a=1", "b=2, 3"]);
  equal([...headers], [["set-cookie", "a=1"], ["set-cookie", "b=2, 3"], ["x", "y"]]);
  equal([...new Headers(headers).getSetCookie()], ["a=1", "b=2, 3"]);
  headers.set("set-cookie", "c");
  equal(headers.getSetCookie(), ["c"]);
  equal(new Headers().getSetCookie(), []);
});

test("names and values are checked", () => {
  const headers = new Headers();
  for (const name of ["", "a b", "a:", "é", "a\n", "(x)"]) {
    throws(() => headers.append(name, "v"), "TypeError", "header name");
    throws(() => headers.get(name), "TypeError", "header name");
  }
  for (const value of ["a\nb", "a\rb", "a\0b", "€"]) throws(() => headers.set("n", value), "TypeError", "header value");
  headers.set("n", "é");
  equal(headers.get("n"), "é");
  equal(headers.get("n").length, 1);
  throws(() => headers.set("n"), "TypeError", "2 arguments");
});

test("received headers cannot be changed, but copied", () => {
  const { headers } = internal.makeRequest({ url: "http://h/", method: "GET", headers: ["Host", "h", "X-A", "1", "x-a", "2"], body: null });
  equal([...headers], [["host", "h"], ["x-a", "1, 2"]]);
  for (const change of [() => headers.set("a", "b"), () => headers.append("a", "b"), () => headers.delete("host")]) throws(change, "TypeError", "cannot be changed");
  const copy = new Headers(headers);
  copy.set("host", "x");
  equal([copy.get("host"), headers.get("host")], ["x", "h"]);
});

test("long lists of headers are complete", () => {
  const headers = new Headers(Array.from({ length: 5000 }, (_, i) => ["x-a" + i, "v"]));
  equal([[...headers].length, headers.get("x-a4999")], [5000, "v"]);
});

test("iterators are those of Web IDL", () => {
  const headers = new Headers({ b: "2", a: "1" }), iterator = headers.entries();
  equal([String(iterator), Object.keys(Object.getPrototypeOf(iterator)), typeof iterator.map, iterator[Symbol.iterator]() === iterator], ["[object Headers Iterator]", ["next"], "function", true]);
  equal([...headers.keys(), ...headers.values(), ...headers], ["a", "b", "1", "2", ["a", "1"], ["b", "2"]]);
  equal([iterator.next(), iterator.next(), iterator.next()], [{ value: ["a", "1"], done: false }, { value: ["b", "2"], done: false }, { value: undefined, done: true }]);
  equal([String(new URLSearchParams().keys()), String(new FormData().values()), Headers.length, Headers.prototype.forEach.length], ["[object URLSearchParams Iterator]", "[object FormData Iterator]", 0, 1]);
  throws(() => Headers.prototype.entries.call({}), "TypeError");
  throws(() => iterator.next.call({}), "TypeError");
  throws(() => new Headers([["a", Symbol()]]), "TypeError");
});
