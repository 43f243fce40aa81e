test("a stack begins with name and message", () => {
  ok(/^TypeError: m\n    at /.test(new TypeError("m").stack), new TypeError("m").stack);
  ok(/^DataCloneError: m\n    at /.test(new DOMException("m", "DataCloneError").stack), new DOMException("m", "DataCloneError").stack);
  ok(/^Error\n    at /.test(new DOMException().stack), new DOMException().stack);
  ok(/^AbortError: a\nb\n    at /.test(new DOMException("a\nb", "AbortError").stack), "a message may have several lines");
  try { structuredClone(() => {}); } catch (error) { ok(error.stack.startsWith("DataCloneError: The function"), error.stack); }
});

test("captureStackTrace defines the stack of an object", () => {
  class E extends Error { constructor(message) { super(message); Error.captureStackTrace(this, E); this.name = "E"; } }
  const error = new E("m");
  equal([error.name, error.message, typeof error.stack, Object.keys(error)], ["E", "m", "string", ["name"]]);
  ok(/^Error: m\n    at .*error\.js/.test(error.stack), error.stack);
  ok(!error.stack.includes("at E ("), `the frame of the constructor must be omitted: ${error.stack}`);
  const plain = { name: "Odd", message: "text" };
  equal(Error.captureStackTrace(plain), undefined);
  ok(/^Odd: text\n    at .*error\.js/.test(plain.stack), plain.stack);
  const bare = {};
  Error.captureStackTrace(bare, () => {});
  ok(/^Error\n    at /.test(bare.stack), bare.stack);
  for (const value of [null, undefined, 1, "x"]) throws(() => Error.captureStackTrace(value), "TypeError", "object");
  throws(() => Error.captureStackTrace(Object.freeze({})), "TypeError");
});

test("subclasses have captureStackTrace, and stackTraceLimit can be set", () => {
  equal(typeof TypeError.captureStackTrace, "function");
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  equal([typeof new Error("m").stack, Error.stackTraceLimit], ["string", 0]);
  Error.stackTraceLimit = before;
  equal(Object.keys(Error), []);
});

test("stackTraceLimit is the number of frames of captureStackTrace", () => {
  const before = Error.stackTraceLimit, object = {};
  const lines = (limit) => {
    Error.stackTraceLimit = limit;
    Error.captureStackTrace(object);
    Error.stackTraceLimit = before;
    return object.stack.split("\n").length;
  };
  equal([lines(0), lines(1), lines(2)], [1, 2, 3]);
});
