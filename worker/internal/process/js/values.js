import { Buffer } from "node:buffer";

// The tags of values (docs/dev/worker-protocol.md).
const UNDEFINED = 0;
const NULL = 1;
const FALSE = 2;
const TRUE = 3;
const INTEGER = 4;
const NUMBER = 5;
const STRING = 6;
const BYTES = 7;
const LIST = 8;
const BIGINT = 9;

const maxDepth = 64; // lists within lists
const longText = 1024; // the size of strings of more code units is computed, because they rarely need as much as they could
const shortText = 24; // strings of at most so many code units are converted here, because a call of the runtime costs more

const { utf8Slice, utf8Write } = Buffer.prototype; // which the application may replace
const { apply } = Reflect;

// Output is a buffer that grows, to which frames are appended.
export class Output {
  bytes;
  length = 0;
  #view;
  #usual; // the size of the buffer after the next clear

  constructor(size) {
    this.#usual = size;
    this.clear();
  }

  // clear removes everything, and frees the memory of what was unusually large.
  clear() {
    this.length = 0;
    if (this.bytes?.length === this.#usual) return;
    this.#allocate(this.#usual);
  }

  // begin begins a frame and returns its position. finish ends the frame there, and drop removes it.
  begin(kind) {
    const start = this.length;
    this.#reserve(5);
    this.length = start + 4;
    this.uint8(kind);
    return start;
  }

  finish(start) {
    this.#view.setUint32(start, this.length - start - 4, true);
  }

  drop(start) {
    this.length = start;
  }

  uint8(n) {
    this.#reserve(1);
    this.bytes[this.length++] = n;
  }

  uint16(n) {
    this.#reserve(2);
    this.#view.setUint16(this.length, n, true);
    this.length += 2;
  }

  uint32(n) {
    this.#reserve(4);
    this.#view.setUint32(this.length, n, true);
    this.length += 4;
  }

  values(list) {
    for (let i = 0; i < list.length; i++) this.value(list[i]);
  }

  // value appends a value, which is within depth lists. What cannot be sent becomes undefined.
  value(value, depth = 0) {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.uint8(value ? TRUE : FALSE);
      case "bigint":
        return this.#bigint(value);
      case "object":
        return this.#object(value, depth);
    }
    this.uint8(UNDEFINED);
  }

  #object(value, depth) {
    if (value === null) this.uint8(NULL);
    else if (Array.isArray(value)) this.#list(value, depth + 1);
    else if (ArrayBuffer.isView(value)) this.#content(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else if (value instanceof ArrayBuffer) this.#content(new Uint8Array(value));
    else this.uint8(UNDEFINED);
  }

  #number(n) {
    this.#reserve(9);
    if ((n | 0) === n && !Object.is(n, -0)) {
      this.bytes[this.length] = INTEGER;
      this.#view.setInt32(this.length + 1, n, true);
      this.length += 5;
    } else {
      this.bytes[this.length] = NUMBER;
      this.#view.setFloat64(this.length + 1, n, true);
      this.length += 9;
    }
  }

  #bigint(n) {
    if (BigInt.asIntN(64, n) !== n) throw new RangeError("a BigInt must have at most 64 bits");
    this.#reserve(9);
    this.bytes[this.length] = BIGINT;
    this.#view.setBigInt64(this.length + 1, n, true);
    this.length += 9;
  }

  #string(text) {
    const most = text.length <= longText ? text.length * 3 : Buffer.byteLength(text);
    this.#reserve(5 + most);
    this.bytes[this.length] = STRING;
    const start = this.length + 5;
    const size = text.length <= shortText ? this.#shortString(text, start) : this.#longString(text, start);
    this.#view.setUint32(this.length + 1, size, true);
    this.length = start + size;
  }

  #shortString(text, start) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return this.#longString(text, start);
      this.bytes[start + i] = unit;
    }
    return text.length;
  }

  #longString(text, start) {
    return apply(utf8Write, this.bytes, [text, start, this.bytes.length - start]);
  }

  #content(bytes) {
    this.#reserve(5 + bytes.length);
    this.bytes[this.length] = BYTES;
    this.#view.setUint32(this.length + 1, bytes.length, true);
    this.bytes.set(bytes, this.length + 5);
    this.length += 5 + bytes.length;
  }

  #list(list, depth) {
    if (depth > maxDepth) throw new RangeError("lists are nested too deeply");
    this.uint8(LIST);
    this.uint32(list.length);
    for (let i = 0; i < list.length; i++) this.value(list[i], depth);
  }

  #reserve(n) {
    if (this.length + n > this.bytes.length) this.#allocate(Math.max(2 * this.bytes.length, this.length + n));
  }

  #allocate(size) {
    const bytes = Buffer.allocUnsafeSlow(size);
    if (this.length > 0) bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, size);
  }
}

// Input reads values from a buffer.
export class Input {
  position = 0;
  #bytes;
  #view;

  // open begins to read a buffer at a position.
  open(bytes, position) {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.position = position;
  }

  uint8() {
    return this.#bytes[this.position++];
  }

  uint16() {
    this.position += 2;
    return this.#view.getUint16(this.position - 2, true);
  }

  uint32() {
    this.position += 4;
    return this.#view.getUint32(this.position - 4, true);
  }

  // values returns the values up to a position.
  values(end) {
    const list = [];
    while (this.position < end) list.push(this.value());
    return list;
  }

  value() {
    switch (this.#bytes[this.position++]) {
      case UNDEFINED:
        return undefined;
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case INTEGER:
        this.position += 4;
        return this.#view.getInt32(this.position - 4, true);
      case NUMBER:
        this.position += 8;
        return this.#view.getFloat64(this.position - 8, true);
      case STRING:
        return this.#string();
      case BYTES:
        return this.#content();
      case LIST:
        return this.#list();
      case BIGINT:
        this.position += 8;
        return this.#view.getBigInt64(this.position - 8, true);
    }
    throw new Error("there is no value with this tag");
  }

  #string() {
    const length = this.uint32();
    const start = this.position;
    this.position += length;
    return length <= shortText ? this.#shortString(start, length) : apply(utf8Slice, this.#bytes, [start, this.position]);
  }

  // shortString returns a string from the cache if it is there.
  #shortString(start, length) {
    if (length < 4) return apply(utf8Slice, this.#bytes, [start, start + length]);
    const hash = Math.imul(this.#view.getUint32(start + length - 4, true), 0x9e3779b1);
    const slot = hash >>> cacheShift;
    const cached = cache[slot];
    if (cached.length === length && this.#equals(cached, start)) return cached;
    const text = apply(utf8Slice, this.#bytes, [start, start + length]);
    if (text.length === length) cache[slot] = text; // it is ASCII
    return text;
  }

  // equals reports whether the bytes from a position on are the ASCII string text.
  #equals(text, start) {
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) !== this.#bytes[start + i]) return false;
    }
    return true;
  }

  #content() {
    const length = this.uint32();
    const start = this.#bytes.byteOffset + this.position;
    this.position += length;
    return this.#bytes.buffer.slice(start, start + length);
  }

  #list() {
    const list = new Array(this.uint32());
    for (let i = 0; i < list.length; i++) list[i] = this.value();
    return list;
  }
}

// The strings that were read last, such as the ids of connections, by a hash of their ends.
const cacheShift = 22;
const cache = new Array(1 << (32 - cacheShift)).fill("");
