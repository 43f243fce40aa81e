test("the constructor accepts text, pairs, objects and URLSearchParams", () => {
  for (const init of ["a=1&b=2", "?a=1&b=2", [["a", "1"], ["b", 2]], { a: 1, b: "2" }, new Map([["a", 1], ["b", 2]]), new URLSearchParams("a=1&b=2")]) {
    equal(String(new URLSearchParams(init)), "a=1&b=2");
  }
  equal([String(new URLSearchParams()), String(new URLSearchParams(null)), String(new URLSearchParams(5))], ["", "null=", "5="]);
  throws(() => new URLSearchParams([["a"]]), "TypeError", "pairs");
  throws(() => new URLSearchParams([1]), "TypeError", "pairs");
});

test("get, getAll, has, size", () => {
  const params = new URLSearchParams("a=1&b=2&a=3&c");
  equal([params.get("a"), params.get("x"), params.getAll("a"), params.getAll("x"), params.size], ["1", null, ["1", "3"], [], 4]);
  equal([params.has("c"), params.has("a", "3"), params.has("a", "2"), params.has("a", undefined)], [true, true, false, true]);
});

test("set replaces the first and removes the others", () => {
  const params = new URLSearchParams("a=1&b=2&a=3");
  params.set("a", "x");
  params.set("n", "y");
  equal(String(params), "a=x&b=2&n=y");
});

test("delete accepts a value", () => {
  const params = new URLSearchParams("a=1&a=2&b=1");
  params.delete("a", "2");
  equal(String(params), "a=1&b=1");
  params.delete("a");
  equal(String(params), "b=1");
});

test("sort is stable and compares UTF-16 code units", () => {
  const params = new URLSearchParams([["z", 1], ["\ufffd", 2], ["😀", 3], ["a", 4], ["z", 0]]);
  params.sort();
  equal([...params.values()], ["4", "1", "0", "3", "2"]);
});

test("iteration is live", () => {
  const params = new URLSearchParams("a=1&b=2");
  equal([[...params.keys()], [...params.values()], [...params.entries()]], [["a", "b"], ["1", "2"], [["a", "1"], ["b", "2"]]]);
  const seen = [];
  for (const [name] of params) { seen.push(name); if (name === "a") params.append("c", 3); }
  equal(seen, ["a", "b", "c"]);
  const each = [];
  params.forEach((value, name, all) => each.push(name + value, all === params));
  equal(each, ["a1", true, "b2", true, "c3", true]);
});

test("the form encoding", () => {
  equal(String(new URLSearchParams([["a b", "é&=+*-._~"]])), "a+b=%C3%A9%26%3D%2B*-._%7E");
  equal([...new URLSearchParams("a+b=%C3%A9%zz&&=x&y")], [["a b", "é%zz"], ["", "x"], ["y", ""]]);
  equal(new URLSearchParams("%ff").has("\ufffd"), true);
  equal(new URLSearchParams([["\ud800", "a"]]).get("\ud800"), "a");
});

test("long lists are complete", () => {
  const params = new URLSearchParams("a=1&".repeat(40000));
  equal([params.size, params.toString().length], [40000, 159999]);
  const long = "v".repeat(100000);
  equal([...new URLSearchParams(`x=${long}&y=2&&&z=${long}`)].map(([name, value]) => name + value.length), ["x100000", "y1", "z100000"]);
  params.append("é", "&");
  ok(params.toString().endsWith("a=1&%C3%A9=%26"), "the last pair must be included");
  equal(new URL("http://h/?" + "a&".repeat(33000)).searchParams.size, 33000);
  const url = new URL("http://h/");
  url.search = "a&".repeat(40000);
  url.searchParams.append("b", "c");
  equal([url.searchParams.size, url.href.slice(-5)], [40001, "=&b=c"]);
  equal(new URLSearchParams(Array.from({ length: 33000 }, (_, i) => [`n${i}`, "v"])).getAll("n32999"), ["v"]);
});
