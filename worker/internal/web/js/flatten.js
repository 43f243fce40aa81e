import { ancestor, isDetached, isGenuine, typedArray, typedArrayName } from "./brand.js";
import { Blob, blobBytes, File } from "./blob.js";
import { platform } from "./define.js";
import { DOMException } from "./exception.js";

// A value is cloned by way of a tree that JSON can represent. The HTML Standard, section 2.7.4, defines which values can be
// cloned; the format of the tree is specific to Linger. Null, booleans, finite numbers, strings, arrays and objects are
// represented by themselves. Any other value is an object with the single key "$", whose value is an array of its kind and
// its content. An object that itself has this key has the kind "Object". Objects are numbered in the order in which they
// are visited; a further reference to one is ["ref", number].
export const mark = "$";

// The maximum depth of nesting. A deeper walk could overflow the engine's stack.
const maxDepth = 500;

const errorNames = new Set(["EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"]);

const refused = (what) => new DOMException(`${what} cannot be cloned: only data can be cloned`, "DataCloneError");

// writers maps prototypes to functions that write an object. The first prototype of an object that is a key applies, unless
// the object is not a real instance of that class; then it is written as a plain object.
const writers = new Map([
  [Object.prototype, (walk, value) => walk.object(value)],
  [Array.prototype, (walk, value) => walk.array(value)],
  [Map.prototype, (walk, value) => walk.map(value)],
  [Set.prototype, (walk, value) => walk.set(value)],
  [Date.prototype, (walk, value) => walk.tagged("Date", walk.number(Date.prototype.getTime.call(value)))],
  [RegExp.prototype, (walk, value) => walk.regexp(value)],
  [Boolean.prototype, (walk, value) => walk.tagged("Boolean", Boolean.prototype.valueOf.call(value))],
  [Number.prototype, (walk, value) => walk.tagged("Number", walk.number(Number.prototype.valueOf.call(value)))],
  [String.prototype, (walk, value) => walk.tagged("String", String.prototype.valueOf.call(value))],
  [BigInt.prototype, (walk, value) => walk.tagged("BigInt", String(BigInt.prototype.valueOf.call(value)))],
  [Error.prototype, (walk, value) => walk.error(value)],
  [Blob.prototype, (walk, value) => walk.blob(value)],
  [File.prototype, (walk, value) => walk.blob(value)],
  [DOMException.prototype, (walk, value) => walk.tagged("DOMException", value.name, value.message)],
  [ArrayBuffer.prototype, (walk, value) => walk.buffer(value)],
  [typedArray, (walk, value) => walk.view(typedArrayName.call(value), value, value.length)],
  [DataView.prototype, (walk, value) => walk.view("DataView", value, value.byteLength)],
]);

// transferables maps the prototypes of classes whose instances can be transferred to { canTransfer(value), transfer(value) }.
// transfer returns the object that replaces the value.
export const transferables = new Map();

// setWriter makes the instances of a class on demand cloneable. write(walk, value) returns the tree of an instance.
export const setWriter = (prototype, write) => writers.set(prototype, write);

const refuse = (what) => () => {
  throw refused(what);
};
const uncloneable = new Set();
const addUncloneable = (prototype, what) => {
  uncloneable.add(prototype);
  writers.set(prototype, refuse(what));
};
for (const { name, prototype } of [Promise, WeakMap, WeakSet, WeakRef, FinalizationRegistry, SharedArrayBuffer, Symbol]) {
  addUncloneable(prototype, `A ${name}`);
}
for (const generator of [function* () {}, async function* () {}]) {
  addUncloneable(Object.getPrototypeOf(generator.prototype), "A generator");
}

// known has the prototypes of the language's and the platform's classes. isCloneable reports whether objects with one of them can be cloned, and
// isUncloneable whether it is one of the language that cannot.
export const known = { has: (prototype) => writers.has(prototype) || platform.has(prototype) };
export const isCloneable = (prototype) => writers.has(prototype) && !uncloneable.has(prototype);
export const isUncloneable = (prototype) => uncloneable.has(prototype);

// writerOf returns the function that writes a value other than a primitive one. Instances of the platform's classes are refused; instances
// of the script's classes are written as plain objects.
function writerOf(value) {
  if (typeof value === "function") return refuse(`The function ${value.name || "(anonymous)"}`);
  if (typeof value === "symbol") return refuse(`The symbol ${String(value)}`);
  const prototype = ancestor(value, known);
  if (prototype === null || !isGenuine(value, prototype)) return writers.get(Object.prototype);
  return writers.get(prototype) ?? refuse(`A ${prototype.constructor.name}`);
}

// Walk writes the tree of one value.
//   encodeBuffer  converts an ArrayBuffer to the content of its node
//   encodeBytes   converts bytes that are never changed, as a Uint8Array, to the content of a node
//   transfer      objects that are moved instead of copied; their nodes contain their indexes in the list
export class Walk {
  plain = true; // the tree is the JSON of the value: it has no nodes with "$"
  #numbers = new Map(); // the numbers of objects
  #depth = 0;
  #encodeBuffer;
  #encodeBytes;
  #transfer;

  constructor(encodeBuffer, encodeBytes, transfer = []) {
    this.#encodeBuffer = encodeBuffer;
    this.#encodeBytes = encodeBytes;
    this.#transfer = transfer;
  }

  // writerFor returns the function that writes a function, a symbol, or an object that is not a plain one.
  writerFor(value) {
    return writerOf(value);
  }

  write(value) {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return this.number(value);
      case "undefined":
        return this.tagged("undefined");
      case "bigint":
        return this.tagged("bigint", String(value));
      case "object":
        return value === null ? null : this.#nested(value);
    }
    return this.writerFor(value)(this, value);
  }

  tagged(...content) {
    this.plain = false;
    return { [mark]: content };
  }

  number(value) {
    return Number.isFinite(value) && !Object.is(value, -0) ? value : this.tagged("float", Object.is(value, -0) ? "-0" : String(value));
  }

  #nested(value) {
    const number = this.#numbers.get(value);
    if (number !== undefined) return this.tagged("ref", number);
    if (++this.#depth > maxDepth) throw refused(`A value nested deeper than ${maxDepth} levels`);
    this.#numbers.set(value, this.#numbers.size);
    const moved = this.#transfer.indexOf(value);
    let tree;
    if (moved >= 0) tree = this.tagged("Transferred", moved);
    else if (Object.getPrototypeOf(value) === Object.prototype) tree = this.object(value);
    else tree = this.writerFor(value)(this, value);
    this.#depth--;
    return tree;
  }

  object(value) {
    const tree = { __proto__: null };
    const keys = Object.keys(value);
    for (let i = 0; i < keys.length; i++) tree[keys[i]] = this.write(value[keys[i]]);
    return mark in tree ? this.tagged("Object", tree) : tree;
  }

  array(value) {
    const { length } = value;
    const keys = Object.keys(value);
    if (keys.length === length && (length === 0 || keys[length - 1] === String(length - 1))) {
      const tree = new Array(length);
      for (let i = 0; i < length; i++) tree[i] = this.write(value[i]);
      return tree;
    }
    const tree = { __proto__: null };
    for (const key of keys) tree[key] = this.write(value[key]);
    return this.tagged("Array", length, tree);
  }

  map(value) {
    const entries = [];
    Map.prototype.forEach.call(value, (item, key) => entries.push(key, item));
    return this.tagged("Map", entries.map((item) => this.write(item)));
  }

  set(value) {
    const items = [];
    Set.prototype.forEach.call(value, (item) => items.push(item));
    return this.tagged("Set", items.map((item) => this.write(item)));
  }

  regexp(value) {
    return this.tagged("RegExp", value.source, value.flags);
  }

  error(value) {
    const name = String(value.name);
    const message = Object.getOwnPropertyDescriptor(value, "message")?.value;
    const cause = Object.getOwnPropertyDescriptor(value, "cause");
    const content = [errorNames.has(name) ? name : "Error", message === undefined ? null : String(message), String(value.stack ?? "")];
    return this.tagged("Error", ...content, ...(cause && "value" in cause ? [this.write(cause.value)] : []));
  }

  blob(value) {
    const bytes = blobBytes(value);
    if (bytes === undefined) return this.object(value);
    const content = [this.#encodeBytes(bytes), value.type];
    return value instanceof File ? this.tagged("File", ...content, value.name, value.lastModified) : this.tagged("Blob", ...content);
  }

  buffer(value) {
    if (isDetached(value)) throw refused("A detached ArrayBuffer");
    return this.tagged("ArrayBuffer", this.#encodeBuffer(value), value.resizable ? value.maxByteLength : null);
  }

  view(name, value, length) {
    return this.tagged("View", name, this.write(value.buffer), value.byteOffset, length);
  }
}
