import { inspect } from "shared";
import { checkFunction, wrongType, wrongValue } from "lazy/node_errors";
import { compare } from "lazy/node_util";

class AssertionError extends Error {
  constructor({ message, actual, expected, operator, stackStartFn } = {}) {
    super(message === undefined ? describe(actual, expected, operator) : String(message));
    Object.defineProperty(this, "name", { value: "AssertionError", writable: true, configurable: true });
    Object.assign(this, { generatedMessage: message === undefined, code: "ERR_ASSERTION", actual, expected, operator });
    Error.captureStackTrace(this, stackStartFn ?? AssertionError);
  }
}

const titles = {
  "==": "Expected values to be loosely equal:", "!=": 'Expected "actual" to be loosely unequal to:',
  strictEqual: "Expected values to be strictly equal:", notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  deepEqual: "Expected values to be loosely deep-equal:", notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  deepStrictEqual: "Expected values to be strictly deep-equal:", notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
};

function describe(actual, expected, operator) {
  const shown = (value) => inspect(value, { depth: 10 });
  const negative = /^(not|!)/.test(operator);
  const title = titles[operator] ?? "Failed";
  if (!(operator in titles)) return title;
  return negative ? `${title}\n\n${shown(expected)}` : `${title}\n\n${shown(actual)} !== ${shown(expected)}\n`;
}

// raise throws the message of the caller if it is an Error, or otherwise an AssertionError with it or with text.
function raise(fn, { message, text, ...details }) {
  if (message instanceof Error) throw message;
  const error = new AssertionError({ message: message ?? text, stackStartFn: fn, ...details });
  error.generatedMessage = message === undefined;
  throw error;
}

const falsy = (value) => `The expression evaluated to a falsy value: ${inspect(value)}`;

function ok(value, message) {
  if (value) return;
  const text = arguments.length === 0 ? "No value argument passed to `assert.ok()`" : falsy(value);
  raise(ok, { message, text, actual: value, expected: true, operator: "==" });
}

function assert(value, message) {
  if (value) return;
  raise(assert, { message, text: falsy(value), actual: value, expected: true, operator: "==" });
}

// comparison returns an assertion that compares two values.
const comparison = (operator, holds) =>
  function check(actual, expected, message) {
    if (arguments.length < 2) throw wrongType("actual and expected", "given", undefined);
    if (!holds(actual, expected)) raise(check, { message, actual, expected, operator });
  };

const loose = (a, b) => a == b || (a !== a && b !== b);
const deep = (a, b) => compare(a, b, false);
const deepStrict = (a, b) => compare(a, b, true);
const not = (test) => (a, b) => !test(a, b);

// checkError throws unless an error is the expected one: expected is its class, a function that returns true for it, a regular
// expression that matches it, or an object with properties that it has.
function checkError(error, expected, message, fn) {
  if (expected === undefined) return;
  const fail = (text) => raise(fn, { message, text, actual: error, expected, operator: fn.name });
  if (expected instanceof RegExp) {
    if (!expected.test(String(error))) fail(`The input did not match the regular expression ${expected}. Input:\n\n${inspect(String(error))}\n`);
  } else if (typeof expected === "function") {
    if (expected.prototype !== undefined && error instanceof expected) return;
    if (Error.isPrototypeOf(expected)) fail(`The error is expected to be an instance of "${expected.name}". Received "${error?.name}"`);
    if (expected.call({}, error) !== true) fail(`The ${expected.name || "validation"} function is expected to return "true".`);
  } else {
    const keys = Object.keys(expected);
    if (expected instanceof Error) keys.push("name", "message");
    if (keys.length === 0) throw wrongValue("error", expected, "may not be an empty object");
    for (const key of keys) {
      const pattern = expected[key] instanceof RegExp && typeof error?.[key] === "string";
      if (pattern ? !expected[key].test(error[key]) : !(key in Object(error)) || !deepStrict(error[key], expected[key])) {
        fail(`The property ${key} of the error is expected to be ${inspect(expected[key])}, but it is ${inspect(error?.[key])}`);
      }
    }
  }
}

// expectation returns the expected error and the message of arguments, of which each may be missing.
const expectation = (expected, message) => (typeof expected === "string" ? [undefined, expected] : [expected, message]);

function throws(fn, ...rest) {
  checkFunction(fn, "fn");
  const [expected, message] = expectation(...rest);
  try {
    fn();
  } catch (error) {
    return checkError(error, expected, message, throws);
  }
  return missing(throws, "exception", expected, message);
}

function missing(fn, what, expected, message) {
  const named = typeof expected === "function" && expected.name ? ` (${expected.name})` : "";
  return raise(fn, { message: `Missing expected ${what}${named}${message === undefined ? "." : `: ${message}`}`, expected, operator: fn.name });
}

const promiseOf = (value) => {
  const promise = typeof value === "function" ? value() : value;
  if (typeof promise?.then !== "function") throw wrongType("promiseFn", "a function that returns a promise, or a promise", promise);
  return promise;
};

async function rejects(promise, ...rest) {
  const [expected, message] = expectation(...rest);
  try {
    await promiseOf(promise);
  } catch (error) {
    return checkError(error, expected, message, rejects);
  }
  return missing(rejects, "rejection", expected, message);
}

const unwanted = (fn, what, error, message) =>
  raise(fn, { message: `Got unwanted ${what}${message === undefined ? "." : `: ${message}`}\nActual message: "${error?.message}"`, actual: error, operator: fn.name });

function doesNotThrow(fn, ...rest) {
  checkFunction(fn, "fn");
  const [, message] = expectation(...rest);
  try {
    fn();
  } catch (error) {
    unwanted(doesNotThrow, "exception", error, message);
  }
}

async function doesNotReject(promise, ...rest) {
  const [, message] = expectation(...rest);
  try {
    await promiseOf(promise);
  } catch (error) {
    unwanted(doesNotReject, "rejection", error, message);
  }
}

function ifError(value) {
  if (value !== null && value !== undefined) {
    raise(ifError, { message: `ifError got unwanted exception: ${value?.message ?? inspect(value)}`, actual: value, expected: null, operator: "ifError" });
  }
}

function fail(message) {
  raise(fail, { message, text: "Failed", operator: "fail" });
}

// patternCheck returns match or doesNotMatch.
const patternCheck = (operator, wanted) =>
  function check(text, pattern, message) {
    if (!(pattern instanceof RegExp)) throw wrongType("regexp", "a RegExp", pattern);
    if (typeof text === "string" && pattern.test(text) === wanted) return;
    const reason = wanted ? "did not match" : "was expected to not match";
    raise(check, { message, text: `The input ${reason} the regular expression ${pattern}. Input:\n\n${inspect(text)}\n`, actual: text, expected: pattern, operator });
  };

const common = {
  AssertionError, doesNotReject, doesNotThrow, fail, ifError, ok, rejects, throws,
  deepStrictEqual: comparison("deepStrictEqual", deepStrict),
  doesNotMatch: patternCheck("doesNotMatch", false),
  match: patternCheck("match", true),
  notDeepStrictEqual: comparison("notDeepStrictEqual", not(deepStrict)),
  notStrictEqual: comparison("notStrictEqual", not(Object.is)),
  strictEqual: comparison("strictEqual", Object.is),
};

export const strict = Object.assign((value, message) => assert(value, message), common, {
  deepEqual: common.deepStrictEqual,
  equal: common.strictEqual,
  notDeepEqual: common.notDeepStrictEqual,
  notEqual: common.notStrictEqual,
});
Object.assign(assert, common, {
  deepEqual: comparison("deepEqual", deep),
  equal: comparison("==", loose),
  notDeepEqual: comparison("notDeepEqual", not(deep)),
  notEqual: comparison("!=", not(loose)),
  strict,
});
strict.strict = strict;

export { assert as module };
