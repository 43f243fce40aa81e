import { bytesOf, DOMException } from "shared";
import { partsOf, usageNames } from "./key.js";

// The conversions of Web IDL that the methods of SubtleCrypto need. Each throws a TypeError for a value of another type.

export const fail = (name, message) => {
  throw new DOMException(message, name);
};

// algorithm converts an AlgorithmIdentifier.
export const algorithm = (value) => (typeof value === "object" && value !== null || typeof value === "function" ? value : String(value));

// buffer converts a BufferSource, and returns a Uint8Array with its memory.
export function buffer(value, what) {
  const isView = ArrayBuffer.isView(value);
  if (!isView && !(value instanceof ArrayBuffer) || isView && !(value.buffer instanceof ArrayBuffer)) {
    throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
  }
  return bytesOf(value);
}

// integer returns the conversion of an unsigned integer with [EnforceRange].
export const integer = (max) => (value, what) => {
  const number = Math.trunc(Number(value));
  if (!(number >= 0 && number <= max)) throw new TypeError(`${what} must be a number from 0 to ${max}`);
  return number;
};

// bigInteger converts a Uint8Array.
export function bigInteger(value, what) {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${what} must be a Uint8Array`);
  return value;
}

// key converts a CryptoKey, and returns its parts.
export function key(value, what) {
  return partsOf(value) ?? fromType(`${what} must be a CryptoKey`);
}

const fromType = (message) => {
  throw new TypeError(message);
};

// usages converts a sequence of usages to a set of bits.
export function usages(value) {
  let set = 0;
  for (const name of sequence(value, "The usages of a key")) {
    const bit = usageNames.indexOf(name);
    if (bit < 0) throw new TypeError(`"${name}" is not a usage of a key: there are ${usageNames.join(", ")}`);
    set |= 1 << bit;
  }
  return set;
}

const sequence = (value, what) => {
  if (typeof value !== "object" || value === null || typeof value[Symbol.iterator] !== "function") fromType(`${what} must be an array`);
  return Array.from(value, String);
};

const formats = ["raw", "spki", "pkcs8", "jwk"];

// format converts a KeyFormat.
export function format(value) {
  const name = String(value);
  return formats.includes(name) ? name : fromType(`"${name}" is not a format of a key: there are ${formats.join(", ")}`);
}

// The members of the dictionary JsonWebKey in the order of Web IDL.
const jwkMembers = ["alg", "crv", "d", "dp", "dq", "e", "ext", "k", "key_ops", "kty", "n", "oth", "p", "q", "qi", "use", "x", "y"];

// jwk converts a JsonWebKey to a list of names and values.
export function jwk(value) {
  if (typeof value !== "object" && typeof value !== "function") fromType("A key in the format jwk must be an object");
  const list = [];
  for (const name of jwkMembers) {
    const member = value?.[name];
    if (member === undefined) continue;
    list.push(name, name === "ext" ? Boolean(member) : name === "key_ops" ? sequence(member, "key_ops") : name === "oth" ? "" : String(member));
  }
  return list;
}
