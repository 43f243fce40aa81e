import { isAnyArrayBuffer, isArrayBufferView, isBoxedPrimitive, isDate, isMap, isNativeError, isRegExp, isSet } from "./types.js";

// isDeepStrictEqual compares values, the prototypes of objects included.
export const isDeepStrictEqual = (a, b) => compare(a, b, true);

// compare compares values deeply: strictly, with Object.is and prototypes, or loosely, with ==.
export function compare(a, b, strict) {
  return equal(a, b, strict, new Map());
}

function equal(a, b, strict, open) {
  if (strict ? Object.is(a, b) : a == b || (a !== a && b !== b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (open.get(a) === b) return true; // a cycle
  const outer = open.get(a);
  open.set(a, b);
  const result = sameContent(a, b, strict, open) && sameProperties(a, b, strict, open);
  if (outer === undefined) open.delete(a);
  else open.set(a, outer);
  return result;
}

// sameContent compares what is not in the properties of two objects of the same class.
function sameContent(a, b, strict, open) {
  if (isDate(a)) return isDate(b) && Object.is(a.getTime(), b.getTime());
  if (isRegExp(a)) return isRegExp(b) && a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
  if (isNativeError(a) || a instanceof Error) {
    return a.message === b.message && a.name === b.name && equal(a.cause, b.cause, strict, open) && equal(a.errors, b.errors, strict, open);
  }
  if (isBoxedPrimitive(a)) return isBoxedPrimitive(b) && Object.is(a.valueOf(), b.valueOf());
  if (isArrayBufferView(a)) return isArrayBufferView(b) && sameView(a, b, strict);
  if (isAnyArrayBuffer(a)) return isAnyArrayBuffer(b) && sameBytes(new Uint8Array(a), new Uint8Array(b));
  if (isSet(a)) return isSet(b) && sameSet(a, b, strict, open);
  if (isMap(a)) return isMap(b) && sameMap(a, b, strict, open);
  return true;
}

function sameView(a, b, strict) {
  if (!strict && (a instanceof Float32Array || a instanceof Float64Array)) return a.length === b.length && a.every((n, i) => n === b[i]);
  const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return sameBytes(bytes(a), bytes(b));
}

function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameSet(a, b, strict, open) {
  if (a.size !== b.size) return false;
  const rest = new Set(b);
  const objects = [];
  for (const value of a) if (!rest.delete(value)) objects.push(value);
  return objects.every((value) => {
    for (const other of rest) if (equal(value, other, strict, open)) return rest.delete(other);
    return false;
  });
}

function sameMap(a, b, strict, open) {
  if (a.size !== b.size) return false;
  const rest = new Map(b);
  const others = [];
  for (const [key, value] of a) {
    if (!rest.has(key)) others.push([key, value]);
    else if (!equal(value, rest.get(key), strict, open)) return false;
    else rest.delete(key);
  }
  return others.every(([key, value]) => {
    for (const [otherKey, other] of rest) {
      if (equal(key, otherKey, strict, open) && equal(value, other, strict, open)) return rest.delete(otherKey);
    }
    return false;
  });
}

// sameProperties compares the enumerable properties of two objects, except for the elements of views.
function sameProperties(a, b, strict, open) {
  const keys = (value) => {
    if (isArrayBufferView(value)) return [];
    const names = Object.keys(value);
    return strict ? [...names, ...Object.getOwnPropertySymbols(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))] : names;
  };
  const own = keys(a);
  if (own.length !== keys(b).length || (Array.isArray(a) && a.length !== b.length)) return false;
  return own.every((key) => Object.prototype.propertyIsEnumerable.call(b, key) && equal(a[key], b[key], strict, open));
}
