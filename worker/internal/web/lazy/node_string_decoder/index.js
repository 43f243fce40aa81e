import { TextDecoder } from "shared";
import { Buffer, normalize } from "lazy/node_buffer";
import { nodeError, wrongType } from "lazy/node_errors";

// StringDecoder decodes bytes that arrive in parts. It keeps the bytes of a character that is not complete.
export class StringDecoder {
  #held = Buffer.alloc(0);

  constructor(encoding = "utf8") {
    this.encoding = normalize(encoding);
    if (this.encoding === undefined) throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  }

  write(chunk) {
    if (typeof chunk === "string") return chunk;
    if (!ArrayBuffer.isView(chunk)) throw wrongType("buf", "a Buffer, a typed array or a DataView", chunk);
    const bytes = Buffer.concat([this.#held, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)]);
    const complete = bytes.length - incomplete(bytes, this.encoding);
    this.#held = bytes.subarray(complete);
    return bytes.toString(this.encoding, 0, complete);
  }

  end(chunk) {
    const text = chunk === undefined ? "" : this.write(chunk);
    const rest = this.#held.toString(this.encoding);
    this.#held = Buffer.alloc(0);
    return text + rest;
  }

  get lastNeed() {
    return this.#held.length === 0 ? 0 : this.lastTotal - this.#held.length;
  }
  get lastTotal() {
    return this.encoding === "utf8" ? sequenceLength(this.#held[0] ?? 0) : this.#held.length === 0 ? 0 : this.encoding.startsWith("base64") ? 3 : 2;
  }
  get lastChar() {
    return this.#held;
  }
}

// incomplete returns the number of bytes at the end that belong to a character that is not complete.
function incomplete(bytes, encoding) {
  switch (encoding) {
    case "utf8":
      return incompleteUTF8(bytes);
    case "base64":
    case "base64url":
      return bytes.length % 3;
    case "utf16le": {
      const odd = bytes.length % 2;
      const high = bytes[bytes.length - odd - 1];
      return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
    }
  }
  return 0;
}

const sequenceLength = (first) => (first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1);

function incompleteUTF8(bytes) {
  for (let n = 1; n <= Math.min(3, bytes.length); n++) {
    const byte = bytes[bytes.length - n];
    if (byte >= 0x80 && byte < 0xc0) continue;
    if (byte > 0xf4 || sequenceLength(byte) <= n) return 0;
    // A second byte that cannot follow the first one ends the character.
    return new TextDecoder().decode(bytes.subarray(bytes.length - n)).length > 1 ? 0 : n;
  }
  return 0;
}

export const module = { StringDecoder };
