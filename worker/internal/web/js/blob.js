import { Content } from "./content.js";
import { expect, secret, tag } from "./define.js";
import { bytesOf, isBuffer } from "./encoding.js";
import { host } from "./host.js";
import { ReadableStream } from "./stream.js";

// blobBytes returns the bytes of a Blob, which must not be changed, and undefined for any other value.
export let blobBytes;

// Blob implements the class of the File API, section 3.
export class Blob {
  #bytes;
  #type;

  static {
    blobBytes = (value) => (typeof value === "object" && value !== null && #bytes in value ? value.#bytes : undefined);
  }

  constructor(parts = [], options) {
    if (typeof parts !== "object" || parts === null || typeof parts[Symbol.iterator] !== "function") {
      throw new TypeError("new Blob expects an array of parts");
    }
    this.#bytes = join([...parts].map(partOf));
    const type = String(options?.type ?? "");
    this.#type = /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : ""; // File API, section 3.1
  }

  get size() {
    return this.#bytes.byteLength;
  }
  get type() {
    return this.#type;
  }

  slice(start, end, type) {
    return new Blob([this.#bytes.slice(start, end)], { type });
  }
  stream() {
    return new ReadableStream(secret, new Content(this.#bytes));
  }
  async text() {
    return host.decode("utf-8", this.#bytes, true, false);
  }
  async bytes() {
    return this.#bytes.slice();
  }
  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }
}

// File implements the class of the File API, section 4: a Blob with a name.
export class File extends Blob {
  #name;
  #lastModified;

  constructor(parts, name, options) {
    expect(arguments.length, 2, "new File");
    super(parts, options);
    this.#name = String(name).toWellFormed();
    const time = options?.lastModified;
    this.#lastModified = time === undefined ? Date.now() : Math.trunc(Number(time)) || 0;
  }

  get name() {
    return this.#name;
  }
  get lastModified() {
    return this.#lastModified;
  }
}

// partOf returns the bytes of a part of a Blob.
function partOf(part) {
  if (isBuffer(part) || ArrayBuffer.isView(part)) return bytesOf(part);
  return blobBytes(part) ?? new Uint8Array(host.encode(String(part).toWellFormed()));
}

// join concatenates arrays of bytes.
function join(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let length = 0;
  for (const part of parts) {
    bytes.set(part, length);
    length += part.byteLength;
  }
  return bytes;
}

tag(Blob, File);
