import { inspect } from "shared";

// nodeError returns an error with the properties code and stack of those of Node.
export function nodeError(Kind, code, message) {
  const error = new Kind(message);
  Error.captureStackTrace(error, nodeError);
  error.code = code;
  return error;
}

// abortError returns the error for what has ended because a signal has been aborted.
export function abortError(signal) {
  const error = nodeError(Error, "ABORT_ERR", "The operation was aborted");
  error.name = "AbortError";
  error.cause = signal.reason;
  return error;
}

// wrongType returns the error for an argument of another type than the wanted one, such as "a string".
export function wrongType(name, wanted, value) {
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" argument must be ${wanted}, but got ${brief(value)}`);
}

// wrongValue returns the error for an argument that has the right type.
export function wrongValue(name, value, reason = "is invalid") {
  return nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument "${name}" ${reason}: got ${brief(value)}`);
}

// outOfRange returns the error for a number that is not in a range, such as ">= 0 and <= 255".
export function outOfRange(name, range, value) {
  return nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${range}. Received ${brief(value)}`);
}

// checkInteger throws unless value is an integer within bounds.
export function checkInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== "number") throw wrongType(name, "a number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} and <= ${max}`, value);
}

// checkString and checkFunction throw unless value has their type.
export function checkString(value, name) {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
}
export function checkFunction(value, name) {
  if (typeof value !== "function") throw wrongType(name, "a function", value);
}

// unavailable returns the error for a part of a module of Node that does not exist here.
export function unavailable(what, instead = "") {
  return nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", `${what} of Node is not available in Linger${instead && `: ${instead}`}`);
}

const brief = (value) => {
  const text = inspect(value, { depth: 0 });
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
};

// absentError returns the error for a module of Node that does not exist.
export const absentError = (text) => nodeError(Error, "ERR_UNKNOWN_BUILTIN_MODULE", text);

// absentMember returns what packages get for a part of a module of Node that does not exist: a function that throws when it is
// called, with members of the same kind.
export function absentMember(what, text = `${what} of Node is not available in Linger`) {
  const fail = () => {
    throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", text.startsWith(what) ? text : `${what} was used: ${text}`);
  };
  return new Proxy(function () {}, { get: (target, key) => absentProperty(target, key, what, text), apply: fail, construct: fail });
}

function absentProperty(target, key, what, text) {
  if (key in target) return target[key];
  return typeof key === "symbol" || key === "then" || key === "__esModule" ? undefined : absentMember(`${what}.${key}`, text);
}

// absentModule returns what packages get for a whole module. Its members are inherited, as the bundler copies those that are
// not.
export const absentModule = (name, text) =>
  Object.create(new Proxy({}, { get: (target, key) => absentProperty(target, key, name, text), has: () => true }));
