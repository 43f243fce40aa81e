test("a DOMException has message, name and code", () => {
  const error = new DOMException("it failed", "NotFoundError");
  equal([error.message, error.name, error.code, String(error)], ["it failed", "NotFoundError", 8, "NotFoundError: it failed"]);
  ok(error instanceof Error && error instanceof DOMException, "it must be an Error");
  ok(typeof error.stack === "string", "it must have a stack");
});

test("name and message have defaults", () => {
  const error = new DOMException();
  equal([error.message, error.name, error.code], ["", "Error", 0]);
});

test("an unknown name has the code 0", () => equal(new DOMException("", "toString").code, 0));

test("cause is an option", () => {
  const error = new DOMException("m", { name: "DataCloneError", cause: 7 });
  equal([error.name, error.cause, error.code], ["DataCloneError", 7, 25]);
});

test("legacy constants", () => {
  equal([DOMException.INDEX_SIZE_ERR, DOMException.DATA_CLONE_ERR, DOMException.URL_MISMATCH_ERR, DOMException.INVALID_STATE_ERR], [1, 25, 21, 11]);
  equal([DOMException.QUOTA_EXCEEDED_ERR, DOMException.NO_MODIFICATION_ALLOWED_ERR, new DOMException().ABORT_ERR], [22, 7, 20]);
});

test("the attributes are those of the interface, and the class does not inherit from Error", () => {
  const error = new DOMException("m", "AbortError");
  equal(Object.keys(DOMException.prototype).filter((key) => !/^[A-Z]/.test(key)), ["name", "message", "code"]);
  equal([Object.hasOwn(error, "message"), error.message, String(error)], [false, "m", "AbortError: m"]);
  equal([error instanceof Error, Object.getPrototypeOf(DOMException) === Function.prototype], [true, true]);
  class Mine extends DOMException {}
  const mine = new Mine("n");
  equal([mine instanceof Mine, mine instanceof DOMException, mine.message], [true, true, "n"]);
  throws(() => Object.getOwnPropertyDescriptor(DOMException.prototype, "message").get.call(new Error("x")), "TypeError");
});
