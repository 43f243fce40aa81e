import { host } from "shared";

// The conversions of Web IDL for the arguments of the streams, and the objects of their classes.

// conceal(kind, prototype, state) creates an object of a class, and reveal(kind, object) returns its state or throws a
// TypeError (brand check). The kinds are numbers, one for each class: those from 101 to 199 belong to streams.
export const { conceal, reveal } = host;
export const READABLE_STREAM = 101;
export const DEFAULT_READER = 102;
export const BYOB_READER = 103;
export const DEFAULT_CONTROLLER = 104;
export const BYTE_CONTROLLER = 105;
export const BYOB_REQUEST = 106;
export const ASYNC_ITERATOR = 107;
export const WRITABLE_STREAM = 108;
export const BYTE_LENGTH_STRATEGY = 113;
export const COUNT_STRATEGY = 114;

// revealOr returns the state of an object, or undefined for every other value.
export function revealOr(kind, value) {
  try {
    return reveal(kind, value);
  } catch {
    return undefined;
  }
}

// isolate makes instances of internal classes independent of what a script defines in Object.prototype, such as a setter.
export function isolate(...classes) {
  for (const { prototype } of classes) Object.setPrototypeOf(prototype, null);
}

export const wrongClass = () => new TypeError("the method was called on an object of another class");

// illegal refuses the construction of an object by a script.
export function illegal(name) {
  throw new TypeError(`Illegal constructor: a script cannot create a ${name}`);
}

// none is an object without members, and without those of Object.prototype.
export const none = Object.freeze({ __proto__: null });

export const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

// dictionary returns an object with the members of a dictionary.
export function dictionary(value, what) {
  if (value === undefined || value === null) return none;
  if (!isObject(value)) throw new TypeError(`${what} must be an object`);
  return value;
}

// optionalObject returns an object with the properties of an optional argument of type object.
export function optionalObject(value, what) {
  if (value === undefined) return none;
  if (!isObject(value)) throw new TypeError(`${what} must be an object`);
  return value;
}

// callback returns a member that is a function, or undefined.
export function callback(value, what) {
  if (value !== undefined && typeof value !== "function") throw new TypeError(`${what} must be a function`);
  return value;
}

// wholeNumber converts a value with [EnforceRange] unsigned long long.
export function wholeNumber(value, what) {
  const number = Math.trunc(+value);
  if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) throw new TypeError(`${what} must be an integer from 0 to 2^53-1, but got ${String(value)}`);
  return number + 0; // not -0
}

// strategy returns the members of a QueuingStrategy, { highWaterMark, size }, with the high watermark that applies if it has
// none (Streams Standard, section 7.4).
export function strategy(value) {
  const given = dictionary(value, "The queuing strategy");
  const { highWaterMark } = given;
  const mark = highWaterMark === undefined ? undefined : +highWaterMark;
  return { highWaterMark: mark, size: callback(given.size, "size") };
}

// highWaterMark returns the high watermark of a strategy, or otherwise.
export function highWaterMark(given, otherwise) {
  const mark = given.highWaterMark;
  if (mark === undefined) return otherwise;
  if (!(mark >= 0)) throw new RangeError(`highWaterMark must be a number from 0 on, but got ${mark}`); // NaN is refused too
  return mark;
}
