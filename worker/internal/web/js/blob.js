import { Content } from "./content.js";
import { expect, optionsOf, secret, tag } from "./define.js";
import { bytesOf, isBuffer } from "./encoding.js";
import { host } from "./host.js";

// blobBytes returns the bytes of a Blob, which must not be changed, and undefined for any other value.
export let blobBytes;

// blobOf returns a Blob with bytes that nothing else changes, such as a view of the memory of another Blob.
export const blobOf = (bytes, type) => new Blob(secret, { bytes, type });

// fileOf is blobOf for a File.
export const fileOf = (bytes, name, type, lastModified) => new File(secret, name, { bytes, type, lastModified });

// Blob implements the class of the File API, section 3. The memory of a Blob is never changed; slices share it.
export class Blob {
  #bytes;
  #type;

  static {
    blobBytes = (value) => (typeof value === "object" && value !== null && #bytes in value ? value.#bytes : undefined);
  }

  constructor(parts = undefined, options = undefined) {
    if (parts === secret) {
      this.#bytes = options.bytes;
      this.#type = typeOf(options.type);
      return;
    }
    const list = parts === undefined ? [] : listOf(parts);
    const { endings = "transparent", type = "" } = optionsOf(options, "new Blob");
    if (`${endings}` !== "transparent" && `${endings}` !== "native") {
      throw new TypeError(`The endings of a Blob must be "transparent" or "native", but got ${JSON.stringify(`${endings}`)}`);
    }
    this.#bytes = join(list.map((part) => bytesOfPart(part, `${endings}` === "native")));
    this.#type = typeOf(String(type));
  }

  get size() {
    return this.#bytes.byteLength;
  }
  get type() {
    return this.#type;
  }

  slice(start = undefined, end = undefined, type = undefined) {
    return blobOf(this.#bytes.subarray(clamp(start, 0), clamp(end, this.size)), type === undefined ? "" : String(type));
  }
  stream() {
    return new Content(this.#bytes).stream;
  }
  async text() {
    return host.decode("utf-8", this.#bytes, true, false).replace(/^\uFEFF/, "");
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

  constructor(parts, name, options = undefined) {
    if (parts !== secret) {
      expect(arguments.length, 2, "new File");
      if (parts === undefined) throw new TypeError("new File expects an array of parts");
      name = String(name).toWellFormed();
    }
    super(parts, options);
    this.#name = name;
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

// typeOf returns a type in lower case, or "" if it has a character that types cannot have (File API, section 3.1).
const typeOf = (type) => (/^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : "");

// clamp converts an argument of slice to an integer (Web IDL, section 3.2.4.9).
const clamp = (value, missing) => (value === undefined ? missing : Math.min(Math.max(Math.round(Number(value)) || 0, -(2 ** 53)), 2 ** 53));

// listOf returns the parts of a Blob. Those that have no bytes are converted to strings, in the order of Web IDL, section
// 3.2.21.
function listOf(parts) {
  const iterator = typeof parts === "string" ? undefined : parts?.[Symbol.iterator];
  if (typeof iterator !== "function") throw new TypeError("new Blob expects an array of parts");
  return Array.from({ [Symbol.iterator]: () => iterator.call(parts) }, (part) => (isPart(part) ? part : String(part).toWellFormed()));
}

// isPart reports whether a part of a Blob is not converted to a string.
const isPart = (part) => isBuffer(part) || ArrayBuffer.isView(part) || blobBytes(part) !== undefined;

// bytesOfPart returns the bytes of a part. With native line endings, "\r\n" and "\r" in text become "\n".
function bytesOfPart(part, native) {
  if (typeof part !== "string") return blobBytes(part) ?? bytesOf(part);
  return new Uint8Array(host.encode(native ? part.replace(/\r\n?/g, "\n") : part));
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
