import { deserialize, DOMException, serialize } from "shared";
import { defineCallKind } from "./call_value.js";

const classes = new Map([Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((c) => [c.name, c]));

// partsOf returns the parts of an error as data: the name of its class, the message, the stack, and its other own properties, unless one of
// them cannot be cloned.
function partsOf(error) {
  const name = String(error.name);
  const kind = error instanceof DOMException ? "DOMException" : classes.has(name) ? name : "Error";
  return [kind, String(error.message ?? ""), String(error.stack ?? ""), ownText(error), name];
}

function ownText(error) {
  const own = {};
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(error))) {
    if (key !== "stack" && key !== "message" && value !== undefined) own[key] = value;
  }
  try {
    return serialize(own);
  } catch {
    return serialize({});
  }
}

// errorOf returns the error of the parts.
function errorOf([kind, message, stack, own, name]) {
  const error = kind === "DOMException" ? new DOMException(message, name) : make(classes.get(kind) ?? Error, message);
  const hidden = { writable: true, enumerable: false, configurable: true };
  if (kind !== "DOMException") Object.defineProperty(error, "stack", { ...hidden, value: stack });
  if (kind !== "DOMException" && error.name !== name) Object.defineProperty(error, "name", { ...hidden, value: name });
  for (const [key, value] of Object.entries(deserialize(own))) {
    Object.defineProperty(error, key, { ...hidden, value, enumerable: key !== "cause" && key !== "errors" });
  }
  return error;
}

const make = (Class, message) => (Class === AggregateError ? new AggregateError([], message) : new Class(message));

const write = (walk, error) => walk.tagged("CallError", ...partsOf(error));
const read = (reader, ...parts) => reader.number(errorOf(parts));
defineCallKind("CallError", Error.prototype, write, read);
defineCallKind("CallError", DOMException.prototype, write, read);

// serializeError returns an exception as text. marks are properties that the exception has for the caller. A value that is neither an error nor another
// object becomes the message of an Error, and so does an object that cannot be copied.
export function serializeError(error, marks = { remote: true }) {
  if (error instanceof Error || error instanceof DOMException) return serialize({ parts: partsOf(error), marks });
  if (typeof error === "object" && error !== null) {
    try {
      return serialize({ value: error, marks });
    } catch {
      // It becomes the message of an Error.
    }
  }
  return serialize({ parts: partsOf(new Error(textOf(error))), marks });
}

function textOf(value) {
  try {
    return String(value);
  } catch {
    return "a value that has no text was thrown";
  }
}

// remoteError returns the exception of a text of serializeError.
export function remoteError(text) {
  const { parts, value, marks } = deserialize(text);
  return Object.assign(parts ? errorOf(parts) : value, marks);
}
