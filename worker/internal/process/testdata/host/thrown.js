import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

// The bounds of an exception that is sent.
const maxCauses = 4; // length of a chain of causes
const maxErrors = 4; // number of errors of an AggregateError
const maxText = 1 << 14; // length of a message, in code units
const maxFrames = 64;

const { DOMException } = globalThis;

// exceptionOf returns a thrown value as the list [name, message, frames, cause, errors, more]. The name of a value that is not an error is
// empty. Getters and proxies of the application may run; what they throw is dropped.
export function exceptionOf(value, causes = maxCauses) {
  const name = read(value, "name");
  const message = read(value, "message");
  if (!isError(value) && message === "") return ["", clip(readable(value)), [], null, [], 0];
  const frames = framesOf(withoutTitle(read(value, "stack"), message));
  if (causes === 0) return [clip(name), clip(message), frames, null, [], 0];
  const [errors, more] = errorsOf(value, Math.min(causes - 1, 1));
  return [clip(name), clip(message), frames, causeOf(value, causes - 1), errors, more];
}

function isError(value) {
  try {
    return value instanceof Error || value instanceof DOMException;
  } catch {
    return false;
  }
}

// read returns a property of an object that is a string, and "" for every other property.
function read(value, name) {
  const property = attempt(value, name);
  return typeof property === "string" ? property : "";
}

function attempt(value, name) {
  try {
    return typeof value === "object" && value !== null ? value[name] : undefined;
  } catch {
    return undefined;
  }
}

function causeOf(value, causes) {
  const cause = attempt(value, "cause");
  return cause === undefined ? null : exceptionOf(cause, causes);
}

// errorsOf returns the first errors of an AggregateError, and the number of the others.
function errorsOf(value, causes) {
  const list = attempt(value, "errors");
  const errors = [];
  try {
    if (!Array.isArray(list)) return [errors, 0];
    const length = Math.min(Number(list.length) || 0, 2 ** 31 - 1); // a proxy may return any number
    while (errors.length < Math.min(length, maxErrors)) errors.push(exceptionOf(list[errors.length], causes));
    return [errors, length - errors.length];
  } catch {
    return [errors, 0];
  }
}

// withoutTitle returns a stack without the lines up to the message, which may look like frames.
const withoutTitle = (stack, message) => stack.slice(Math.max(stack.indexOf(message), 0) + message.length);

// readable returns a value as a console prints it.
function readable(value) {
  if (typeof value === "string") return value;
  try {
    return inspect(value, { depth: 2, maxStringLength: maxText, breakLength: Infinity, compact: true });
  } catch {
    return "an object that cannot be read";
  }
}

const clip = (text) => (text.length <= maxText ? text : `${text.slice(0, maxText)} ...`.toWellFormed());

// framesOf returns the frames of a stack, with four elements for each: function, file, line and column.
export function framesOf(stack) {
  const frames = [];
  for (const line of stack.split("\n")) {
    const call = v8Call.exec(line) ?? jscCall.exec(line);
    if (call === null) continue;
    const [, fn = "", where] = call;
    const [, file, row = 0, column = 0] = place.exec(where);
    frames.push(fn === "<anonymous>" ? "" : fn, fileOf(file, row), Number(row), Number(column));
    if (frames.length === 4 * maxFrames) break;
  }
  return frames;
}

const v8Call = /^\s+at (?:async )?(?:(.*?) \()?(.*?)\)?$/; // "    at name (file:1:2)" or "    at file:1:2"; Bun uses this form too
const jscCall = /^([^@\s]*)@(.*)$/; // "name@file:1:2"
const place = /^(.*?)(?::(\d+))?(?::(\d+))?$/;

// fileOf returns the path of a file, and "native" for what belongs to the runtime or has no position.
function fileOf(file, row) {
  if (row === 0 || /^(node|bun|deno|ext|internal):/.test(file)) return "native";
  if (!file.startsWith("file://")) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}
