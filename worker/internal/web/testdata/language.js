test("Array.fromAsync", async () => {
  async function* numbers() {
    yield 1;
    yield 2;
  }
  equal(await Array.fromAsync(numbers()), [1, 2]);
  equal(await Array.fromAsync([1, Promise.resolve(2)], async (value, index) => value * 10 + index), [10, 21]);
  equal(await Array.fromAsync({ length: 2, 0: "a", 1: Promise.resolve("b") }), ["a", "b"]);
  equal(await Array.fromAsync("né"), ["n", "é"]);
  class List extends Array {}
  equal((await List.fromAsync([1])) instanceof List, true);
  equal(await Array.fromAsync.call({}, [1]), [1]);
  equal(await Array.fromAsync([1], function () { return this.name; }, { name: "this" }), ["this"]);
  let returned = false;
  const endless = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return: () => ((returned = true), {}) }) };
  equal(await Array.fromAsync(endless, () => { throw new Error("no"); }).catch((error) => error.message), "no");
  equal(returned, true);
  for (const bad of [null, undefined]) equal(await Array.fromAsync(bad).catch((error) => error.name), "TypeError");
  equal(await Array.fromAsync([], 5).catch((error) => error.name), "TypeError");
  equal([Array.fromAsync.length, Array.fromAsync.name, Object.keys(Array)], [1, "fromAsync", []]);
});

test("the symbols of explicit resource management", () => {
  for (const name of ["dispose", "asyncDispose"]) {
    equal([typeof Symbol[name], String(Symbol[name])], ["symbol", `Symbol(Symbol.${name})`]);
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(Symbol, name);
    equal([writable, enumerable, configurable], [false, false, false]);
  }
});
