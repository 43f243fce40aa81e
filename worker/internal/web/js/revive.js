import { blobOf, fileOf } from "./blob.js";
import { DOMException } from "./exception.js";
import { mark } from "./flatten.js";
import { lazy } from "./lazy.js";

const corrupt = () => new DOMException("The data cannot be read back: it was not written by serialize, or is damaged", "DataCloneError");

const check = (condition) => {
  if (!condition) throw corrupt();
};

const constructors = new Map(
  [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
    BigInt64Array, BigUint64Array, globalThis.Float16Array, DataView].flatMap((c) => (c ? [[c.name, c]] : [])),
);
const errors = new Map([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((c) => [c.name, c]));
const floats = new Map([["-0", -0], ["NaN", NaN], ["Infinity", Infinity], ["-Infinity", -Infinity]]);

// readers are the functions that read each kind. An object gets its number before the objects that it contains.
const readers = {
  undefined: () => undefined,
  float: (_, text) => floats.get(text),
  bigint: (_, text) => BigInt(text),
  ref: (reader, number) => reader.numbered(number),
  Object: (reader, tree) => reader.object(tree),
  Array: (reader, length, tree) => reader.fill(reader.number(new Array(length)), tree),
  Map: (reader, entries) => reader.map(entries),
  Set: (reader, items) => reader.set(items),
  Date: (reader, time) => reader.number(new Date(reader.read(time))),
  RegExp: (reader, source, flags) => reader.number(new RegExp(source, flags)),
  Boolean: (reader, value) => reader.number(Object(Boolean(value))),
  Number: (reader, value) => reader.number(Object(Number(reader.read(value)))),
  String: (reader, value) => reader.number(Object(String(value))),
  BigInt: (reader, text) => reader.number(Object(BigInt(text))),
  DOMException: (reader, name, message) => reader.number(new DOMException(message, name)),
  Error: (reader, name, message, stack, ...cause) => reader.error(name, message, stack, cause),
  Blob: (reader, content, type) => reader.number(blobOf(reader.decodeBytes(content), String(type))),
  File: (reader, content, type, name, lastModified) => reader.number(fileOf(reader.decodeBytes(content), String(name), String(type), lastModified)),
  ArrayBuffer: (reader, content, maxByteLength) => reader.number(reader.decodeBuffer(content, maxByteLength)),
  Transferred: (reader, index) => (check(index in reader.transferred), reader.number(reader.transferred[index])),
  CryptoKey: (reader, text) => reader.number(lazy("crypto").cloneKey(text)),
  View: (reader, name, buffer, offset, length) => reader.view(name, buffer, offset, length),
};

// Reader converts a tree of Walk to its value. decodeBuffer(content, maxByteLength) returns an ArrayBuffer, and
// decodeBytes(content) a Uint8Array. transferred are the objects that replace transferred ones.
export class Reader {
  #numbered = []; // objects by their numbers

  constructor(decodeBuffer, decodeBytes, transferred = []) {
    this.transferred = transferred;
    this.decodeBuffer = decodeBuffer;
    this.decodeBytes = decodeBytes;
  }

  read(tree) {
    if (typeof tree !== "object" || tree === null) return tree;
    if (Array.isArray(tree)) return this.#array(tree);
    if (!Object.hasOwn(tree, mark)) return this.object(tree);
    const content = tree[mark];
    check(Array.isArray(content));
    return this.readKind(content[0], content.slice(1));
  }

  // readKind reads a node of a kind.
  readKind(kind, content) {
    check(Object.hasOwn(readers, kind));
    return readers[kind](this, ...content);
  }

  // number gives an object the next number, and returns it.
  number(object) {
    this.#numbered.push(object);
    return object;
  }

  // numbered returns the object with a number.
  numbered(number) {
    check(Number.isInteger(number) && number >= 0 && number < this.#numbered.length);
    return this.#numbered[number];
  }

  object(tree) {
    check(typeof tree === "object" && tree !== null);
    return this.fill(this.number({}), tree);
  }

  #array(tree) {
    const result = this.number(new Array(tree.length));
    for (let i = 0; i < tree.length; i++) result[i] = this.read(tree[i]);
    return result;
  }

  fill(object, tree) {
    check(typeof tree === "object" && tree !== null);
    for (const key of Object.keys(tree)) {
      const value = this.read(tree[key]);
      if (key === "__proto__") Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      else object[key] = value;
    }
    return object;
  }

  map(entries) {
    check(Array.isArray(entries) && entries.length % 2 === 0);
    const result = this.number(new Map());
    for (let i = 0; i < entries.length; i += 2) result.set(this.read(entries[i]), this.read(entries[i + 1]));
    return result;
  }

  set(items) {
    check(Array.isArray(items));
    const result = this.number(new Set());
    for (const item of items) result.add(this.read(item));
    return result;
  }

  error(name, message, stack, cause) {
    check(errors.has(name));
    const result = this.number(message === null ? new (errors.get(name))() : new (errors.get(name))(String(message)));
    Object.defineProperty(result, "stack", { value: String(stack), writable: true, enumerable: false, configurable: true });
    if (cause.length > 0) {
      Object.defineProperty(result, "cause", { value: this.read(cause[0]), writable: true, enumerable: false, configurable: true });
    }
    return result;
  }

  view(name, tree, offset, length) {
    const at = this.#numbered.push(undefined) - 1; // the number of the view is less than that of its buffer
    const buffer = this.read(tree);
    check(constructors.has(name) && buffer instanceof ArrayBuffer);
    return (this.#numbered[at] = new (constructors.get(name))(buffer, offset, length));
  }
}
