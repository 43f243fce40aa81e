import { bytesOf, define, host, isBuffer } from "shared";
import { checkInteger, nodeError, outOfRange, wrongType, wrongValue } from "lazy/node_errors";
import { byteLength, bytesIn, checkText, encodingOf, normalize, textIn } from "./encodings.js";

export const maxLength = Number.MAX_SAFE_INTEGER;

// FastBuffer is the class of all Buffers. Buffer is a function with the same prototype, as older packages call it without new.
export class FastBuffer extends Uint8Array {
  constructor(content, offset, length) {
    super(content, offset, length);
  }
}

export function Buffer(value, encodingOrOffset, length) {
  if (typeof value === "number") {
    if (typeof encodingOrOffset === "string") throw wrongType("string", "a string", value);
    return Buffer.alloc(value);
  }
  return Buffer.from(value, encodingOrOffset, length);
}
Object.setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = FastBuffer.prototype;
define(FastBuffer.prototype, { constructor: Buffer });
Object.defineProperty(Buffer, Symbol.species, { configurable: true, get: () => FastBuffer });
Buffer.poolSize = 8192;

const over = (bytes) => new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const isInstance = (value) => value instanceof Uint8Array;

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === "string") return over(bytesIn(encodingOf(encodingOrOffset), value));
  if (typeof value === "object" && value !== null) {
    if (isBuffer(value)) return ofBuffer(value, encodingOrOffset, length);
    const primitive = typeof value.valueOf === "function" ? value.valueOf() : undefined;
    if (primitive !== undefined && primitive !== null && primitive !== value && (typeof primitive === "string" || typeof primitive === "object")) {
      return Buffer.from(primitive, encodingOrOffset, length);
    }
    const list = listOf(value);
    if (list !== undefined) return FastBuffer.from(list);
    if (typeof value[Symbol.toPrimitive] === "function") {
      const text = value[Symbol.toPrimitive]("string");
      if (typeof text === "string") return Buffer.from(text, encodingOrOffset);
    }
  }
  throw nodeError(
    TypeError, "ERR_INVALID_ARG_TYPE",
    `The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received ${value === null ? "null" : typeof value}`,
  );
};

// ofBuffer returns a Buffer with the memory of an ArrayBuffer.
function ofBuffer(buffer, offset = 0, length) {
  const start = Number(offset) || 0;
  const max = buffer.byteLength - start;
  if (max < 0) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
  const size = length === undefined ? max : Math.max(Number(length) || 0, 0);
  if (size > max) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
  return new FastBuffer(buffer, start, size);
}

// listOf returns the bytes of an array-like object, or of the object that toJSON returns for a Buffer.
function listOf(value) {
  if (value.length !== undefined || isBuffer(value.buffer)) return typeof value.length === "number" ? value : [];
  return value.type === "Buffer" && Array.isArray(value.data) ? value.data : undefined;
}

Buffer.of = (...items) => FastBuffer.from(items);

Buffer.alloc = function alloc(size, fill, encoding) {
  checkSize(size);
  const buffer = new FastBuffer(size);
  return fill === undefined || fill === 0 || size === 0 ? buffer : buffer.fill(fill, encoding);
};

const checkSize = (size) => {
  if (typeof size !== "number") throw wrongType("size", "a number", size);
  if (!(size >= 0 && size <= maxLength)) throw outOfRange("size", `>= 0 && <= ${maxLength}`, size);
};

Buffer.allocUnsafe = function allocUnsafe(size) {
  checkSize(size);
  return new FastBuffer(size);
};
Buffer.allocUnsafeSlow = Buffer.allocUnsafe;

Buffer.isBuffer = (value) => value instanceof Buffer;
Buffer.isEncoding = (encoding) => typeof encoding === "string" && encoding !== "" && normalize(encoding) !== undefined;

Buffer.byteLength = function (value, encoding) {
  if (typeof value === "string") return byteLength(value, encoding);
  if (ArrayBuffer.isView(value) || isBuffer(value)) return value.byteLength;
  throw wrongType("string", "a string, a Buffer or an ArrayBuffer", value);
};

Buffer.compare = function compare(a, b) {
  if (!isInstance(a)) throw wrongType("buf1", "a Buffer or a Uint8Array", a);
  if (!isInstance(b)) throw wrongType("buf2", "a Buffer or a Uint8Array", b);
  return host.compareBytes(a, b);
};

Buffer.concat = function concat(list, total) {
  if (!Array.isArray(list)) throw wrongType("list", "an array", list);
  const size = total ?? list.reduce((sum, part) => sum + part.length, 0);
  checkInteger(size, "length", 0);
  const buffer = Buffer.alloc(size);
  let at = 0;
  for (const [i, part] of list.entries()) {
    if (!isInstance(part)) throw wrongType(`list[${i}]`, "a Buffer or a Uint8Array", part);
    if (at >= size) break;
    buffer.set(part.length > size - at ? part.subarray(0, size - at) : part, at);
    at += part.length;
  }
  return buffer;
};

Buffer.copyBytesFrom = function copyBytesFrom(view, offset = 0, length = view.length - offset) {
  if (!ArrayBuffer.isView(view)) throw wrongType("view", "a typed array", view);
  const part = view.subarray(offset, offset + length);
  return over(new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice());
};

// range clamps the bounds of a part of a buffer, which may be undefined.
export function range(length, start = 0, end = length) {
  const clamp = (n) => Math.min(Math.max(Math.trunc(Number(n)) || 0, 0), length);
  return [clamp(start), clamp(end)];
}

define(FastBuffer.prototype, {
  toString(encoding, start, end) {
    const name = encodingOf(encoding);
    if (start === undefined && end === undefined) return textIn(name, this);
    const [from, to] = range(this.length, start, end);
    return to > from ? textIn(name, this.subarray(from, to)) : "";
  },

  toLocaleString(encoding, start, end) {
    return this.toString(encoding, start, end);
  },

  toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  },

  equals(other) {
    if (!isInstance(other)) throw wrongType("otherBuffer", "a Buffer or a Uint8Array", other);
    return this === other || (this.length === other.length && host.compareBytes(this, other) === 0);
  },

  compare(target, targetStart = 0, targetEnd = target?.length, start = 0, end = this.length) {
    if (!isInstance(target)) throw wrongType("target", "a Buffer or a Uint8Array", target);
    checkInteger(targetStart, "targetStart", 0);
    checkInteger(targetEnd, "targetEnd", 0, target.length);
    checkInteger(start, "sourceStart", 0);
    checkInteger(end, "sourceEnd", 0, this.length);
    return host.compareBytes(this.subarray(Math.min(start, end), end), target.subarray(Math.min(targetStart, targetEnd), targetEnd));
  },

  copy(target, targetStart = 0, start = 0, end = this.length) {
    if (!ArrayBuffer.isView(target)) throw wrongType("target", "a Buffer or a Uint8Array", target);
    const at = Math.trunc(Number(targetStart)) || 0;
    if (at < 0) throw outOfRange("targetStart", ">= 0", targetStart);
    if (start < 0 || start > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, start);
    if (end < 0) throw outOfRange("sourceEnd", ">= 0", end);
    const room = bytesOf(target).subarray(at);
    const part = this.subarray(start, Math.min(end, start + room.length));
    room.set(part);
    return part.length;
  },

  slice(start, end) {
    return this.subarray(start, end);
  },

  fill(value, offset, end, encoding) {
    let [from, to, name] = [offset, end, encoding];
    if (typeof offset === "string") [from, to, name] = [undefined, undefined, offset];
    else if (typeof end === "string") [to, name] = [undefined, end];
    from ??= 0;
    to ??= this.length;
    checkInteger(from, "offset", 0);
    checkInteger(to, "end", 0, this.length);
    if (from >= to) return this;
    if (typeof value === "string" || isInstance(value)) {
      const pattern = typeof value === "string" ? bytesIn(encodingOf(name), value) : value;
      if (value.length === 0) return Uint8Array.prototype.fill.call(this, 0, from, to);
      if (pattern.length === 0) throw wrongValue("value", value);
      for (let at = from; at < to; at += pattern.length) this.set(pattern.length > to - at ? pattern.subarray(0, to - at) : pattern, at);
      return this;
    }
    return Uint8Array.prototype.fill.call(this, Number(value) & 255, from, to);
  },

  // write writes as many whole characters as fit, and returns the number of bytes.
  write(text, offset, length, encoding) {
    checkText(text);
    let [at, room, name] = [offset, length, encoding];
    if (typeof offset === "string") [at, room, name] = [0, undefined, offset];
    else if (typeof length === "string") [room, name] = [undefined, length];
    at ??= 0;
    checkInteger(at, "offset", 0, this.length);
    room = Math.min(room ?? this.length - at, this.length - at);
    checkInteger(room, "length", 0, this.length);
    const kind = encodingOf(name);
    let bytes;
    if (kind === "utf8") bytes = new Uint8Array(host.encodeInto(text.length > room ? text.slice(0, room + 1) : text, room)[0]);
    else bytes = bytesIn(kind, text);
    if (bytes.length > room) bytes = bytes.subarray(0, kind === "utf16le" ? room & ~1 : room);
    this.set(bytes, at);
    return bytes.length;
  },

  swap16() {
    return swap(this, 2);
  },
  swap32() {
    return swap(this, 4);
  },
  swap64() {
    return swap(this, 8);
  },
});

Object.defineProperty(FastBuffer.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  configurable: true,
  writable: true,
  value() {
    const shown = Array.from(this.subarray(0, 50), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const more = this.length - 50;
    return `<Buffer${shown && ` ${shown}`}${more > 0 ? ` ... ${more} more byte${more > 1 ? "s" : ""}` : ""}>`;
  },
});

// swap reverses the bytes of each group of size bytes.
function swap(buffer, size) {
  if (buffer.length % size !== 0) throw nodeError(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${size * 8}-bits`);
  for (let at = 0; at < buffer.length; at += size) buffer.subarray(at, at + size).reverse();
  return buffer;
}

for (const encoding of ["utf8", "latin1", "ascii", "hex", "base64", "base64url", "ucs2", "utf16le"]) {
  define(FastBuffer.prototype, {
    [`${encoding}Slice`](start, end) {
      return this.toString(encoding, start, end);
    },
    [`${encoding}Write`](text, offset, length) {
      return this.write(text, offset, length, encoding);
    },
  });
}

for (const name of ["parent", "offset"]) {
  Object.defineProperty(FastBuffer.prototype, name, {
    configurable: true,
    get() {
      return this instanceof FastBuffer ? (name === "parent" ? this.buffer : this.byteOffset) : undefined;
    },
  });
}
