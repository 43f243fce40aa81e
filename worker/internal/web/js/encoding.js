import { tag } from "./define.js";
import { host } from "./host.js";

// The labels of the encodings that TextDecoder supports (Encoding Standard, section 4.2).
const labels = {
  "utf-8": ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"],
  "utf-16le": ["utf-16le", "utf-16", "ucs-2", "unicode", "csunicode", "iso-10646-ucs-2", "unicodefeff"],
  "windows-1252": ["windows-1252", "cp1252", "x-cp1252", "latin1", "l1", "iso-8859-1", "iso8859-1", "iso_8859-1", "iso88591", "ascii", "us-ascii"],
};
const encodings = new Map(Object.entries(labels).flatMap(([name, known]) => known.map((label) => [label, name])));

export class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(input = "") {
    return new Uint8Array(host.encode(String(input)));
  }

  encodeInto(source, destination) {
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError("encodeInto expects a Uint8Array as its destination");
    }
    const room = destination.length;
    const [bytes, read] = host.encodeInto(whole(String(source), room), room);
    destination.set(new Uint8Array(bytes));
    return { read, written: bytes.byteLength };
  }
}

// whole returns at most the first length code units of text, without splitting a surrogate pair.
function whole(text, length) {
  const code = text.codePointAt(length - 1);
  return text.slice(0, code > 0xffff ? length - 1 : length);
}

export class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #held; // the bytes of an incomplete character, or undefined
  #started = false; // text has been decoded since the start of the stream

  constructor(label = "utf-8", options) {
    this.#encoding = encodings.get(String(label).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "").toLowerCase());
    if (this.#encoding === undefined) {
      throw new RangeError(`TextDecoder does not support the encoding "${label}": supported are ${Object.keys(labels).join(", ")}`);
    }
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input, options) {
    const final = !options?.stream;
    const result = host.decode(this.#encoding, this.#join(bytesOf(input)), final, this.#fatal);
    this.#held = undefined;
    if (result === null) {
      this.#started = false;
      throw new TypeError(`The bytes are not valid ${this.#encoding}`);
    }
    if (typeof result === "string") return this.#strip(result, final);
    this.#held = new Uint8Array(result[1]);
    return this.#strip(result[0], final);
  }

  // join returns the held bytes, followed by bytes.
  #join(bytes) {
    if (!this.#held) return bytes;
    const joined = new Uint8Array(this.#held.length + bytes.byteLength);
    joined.set(this.#held);
    joined.set(bytes, this.#held.length);
    return joined;
  }

  // strip removes a byte order mark at the beginning of a stream.
  #strip(text, final) {
    const marked = !this.#started && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff;
    this.#started = !final && (this.#started || text !== "");
    return marked && this.#encoding !== "windows-1252" ? text.slice(1) : text;
  }
}

// bytesOf returns a Uint8Array with the memory of a buffer source.
export function bytesOf(input = new ArrayBuffer(0)) {
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (isBuffer(input)) return new Uint8Array(input);
  throw new TypeError("Expected an ArrayBuffer or a view of one");
}

export const isBuffer = (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

tag(TextEncoder, TextDecoder);
