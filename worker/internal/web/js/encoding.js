import { optionsOf, tag } from "./define.js";
import { host } from "./host.js";

export class TextEncoder {
  #brand;

  get encoding() {
    this.#brand; // throws for other objects
    return "utf-8";
  }

  encode(input = "") {
    this.#brand;
    return new Uint8Array(host.encode(String(input)));
  }

  encodeInto(source, destination) {
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError("encodeInto expects a Uint8Array as its destination");
    }
    this.#brand;
    const room = destination.length;
    if (room === 0) return { read: 0, written: 0 }; // also of a detached buffer
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

// The encodings of which a byte order mark is removed (Encoding Standard, section 7.2).
const marked = new Set(["utf-8", "utf-16le", "utf-16be"]);

export class TextDecoder {
  #encoding = "utf-8";
  #fatal;
  #ignoreBOM;
  #held; // what the last call of decode has kept for the next one, or undefined
  #started = false; // text has been decoded since the start of the stream

  constructor(label = "utf-8", options) {
    if (label !== "utf-8") this.#encoding = host.encodingOf(String(label));
    if (this.#encoding === null) {
      throw new RangeError(`${JSON.stringify(String(label))} is not a label of an encoding: see the table in the Encoding Standard`);
    }
    const { fatal, ignoreBOM } = optionsOf(options, "new TextDecoder");
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
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

  decode(input = undefined, options = undefined) {
    const final = !optionsOf(options, "TextDecoder.decode").stream;
    const held = this.#held;
    this.#held = undefined;
    const result = host.decode(this.#encoding, bytesOf(input), final, this.#fatal, held);
    if (result === null) {
      this.#started = false;
      throw new TypeError(`The bytes are not valid ${this.#encoding}`);
    }
    if (typeof result === "string") return this.#strip(result, final);
    this.#held = result[1];
    return this.#strip(result[0], final);
  }

  // strip removes a byte order mark at the beginning of a stream.
  #strip(text, final) {
    const strips = !this.#started && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff && marked.has(this.#encoding);
    this.#started = !final && (this.#started || text !== "");
    return strips ? text.slice(1) : text;
  }
}

// bytesOf returns a Uint8Array with the memory of a buffer source. It is empty for a detached buffer.
export function bytesOf(input) {
  if (input === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(input)) return input.byteLength > 0 ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(0);
  if (isBuffer(input)) return new Uint8Array(input.byteLength > 0 ? input : 0);
  throw new TypeError("Expected an ArrayBuffer or a view of one");
}

export const isBuffer = (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

tag(TextEncoder, TextDecoder);
