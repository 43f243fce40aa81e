test("globals are writable and configurable", () => {
  for (const name of ["URL", "console", "setTimeout", "crypto", "self", "structuredClone", "navigator", "Event"]) {
    const { writable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
    equal({ writable, configurable }, { writable: true, configurable: true }, name);
  }
});

test("self is the global object", () => equal(self === globalThis && self.self === self, true));

test("the host object is deleted", () => {
  equal(typeof globalThis.__host, "undefined");
  equal(Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith("_")), []);
});

test("no global has a symbol as its key", () => equal(Object.getOwnPropertySymbols(globalThis).map(String), ["Symbol(Symbol.toStringTag)"]));

test("classes and functions have their names", () => {
  for (const name of ["URL", "URLSearchParams", "Headers", "Request", "Response", "Event", "EventTarget", "AbortSignal", "DOMException",
    "BroadcastChannel", "TextDecoder", "setTimeout", "atob", "structuredClone", "queueMicrotask", "addEventListener"]) {
    equal(globalThis[name].name, name);
  }
});

test("objects have their tags", () => {
  for (const value of [new URL("http://h"), new Headers(), new Event("x"), new Response(), crypto, performance, navigator]) {
    equal(Object.prototype.toString.call(value), `[object ${value.constructor.name}]`);
  }
  equal(Object.prototype.toString.call(console), "[object console]");
});

test("methods throw for other objects", () => {
  throws(() => Headers.prototype.get.call({}, "a"), "TypeError");
  throws(() => Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({}), "TypeError");
});

test("navigator.userAgent is Linger", () => equal(navigator.userAgent, "Linger"));

test("scripts cannot construct objects of the platform", () => {
  for (const constructor of [Crypto, Performance, Navigator, AbortSignal]) throws(() => new constructor(), "TypeError", "Illegal constructor");
});

test("queueMicrotask runs after the script and before timers, in order", async () => {
  const order = [];
  setTimeout(() => order.push("timer"));
  queueMicrotask(() => order.push("first"));
  queueMicrotask(() => order.push("second"));
  order.push("script");
  await sleep(1);
  equal(order, ["script", "first", "second", "timer"]);
  throws(() => queueMicrotask("text"), "TypeError", "function");
});

test("addEventListener works on the global object", () => {
  addEventListener("nothing", () => {});
  throws(() => addEventListener("nothing"), "TypeError", "2 arguments");
});

test("functions and instances are enumerable, classes are not", () => {
  const keys = Object.keys(globalThis);
  for (const name of ["atob", "crypto", "navigator", "queueMicrotask", "reportError", "self", "setTimeout", "structuredClone"]) ok(keys.includes(name), `${name} must be enumerable`);
  for (const name of ["Blob", "FormData", "Request", "console"]) ok(name in globalThis && !keys.includes(name), `${name} must not be enumerable`);
  throws(() => reportError(), "TypeError", "1 argument");
});

test("scheduler.wait is a timer with a signal", async () => {
  equal(await scheduler.wait(5), undefined);
  const controller = new AbortController();
  const waiting = scheduler.wait(1e6, { signal: controller.signal });
  controller.abort();
  await rejects(waiting, "AbortError");
  await rejects(scheduler.wait(1, controller), "AbortError");
  await rejects(scheduler.wait(1, { signal: 1 }), "TypeError", "AbortSignal");
});
