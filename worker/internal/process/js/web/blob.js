import { define } from "./define.js";
import { bytesOf, isBuffer } from "./encoding.js";

const NativeBlob = globalThis.Blob;
const NativeFile = globalThis.File;

// The bytes of a Blob of the runtime can only be read asynchronously. They are known here if it was made of parts whose bytes are known.
const contents = new WeakMap();

const maxKnown = 1 << 20; // the bytes of larger Blobs are not kept a second time

// knowing returns a class of Blobs that records the bytes of its instances.
function knowing(Class) {
  return new Proxy(Class, {
    construct(target, args, newTarget) {
      const blob = Reflect.construct(target, args, newTarget);
      const bytes = blob.size <= maxKnown ? join(args[0] ?? [], blob.size) : undefined;
      return bytes === undefined || args.at(-1)?.endings === "native" ? blob : remember(blob, bytes);
    },
  });
}

// join returns the bytes of the parts of a Blob, or undefined if they are not known.
function join(parts, size) {
  if (!Array.isArray(parts)) return undefined;
  const bytes = new Uint8Array(size);
  let length = 0;
  for (const part of parts) {
    const known = isBuffer(part) || ArrayBuffer.isView(part) ? bytesOf(part) : part instanceof NativeBlob ? contents.get(part) : encoder.encode(part);
    if (known === undefined || length + known.length > size) return undefined;
    bytes.set(known, length);
    length += known.length;
  }
  return length === size ? bytes : undefined;
}

const encoder = new TextEncoder();

export const Blob = knowing(NativeBlob);
export const File = NativeFile.prototype === NativeBlob.prototype ? NativeFile : knowing(NativeFile); // in Bun only the class itself recognizes a File
define(globalThis, { Blob, File });

export const blobOf = (bytes, type) => remember(new NativeBlob([bytes], { type }), bytes);
export const fileOf = (bytes, name, type, lastModified) => remember(new NativeFile([bytes], name, { type, lastModified }), bytes);

function remember(blob, bytes) {
  contents.set(blob, bytes);
  return blob;
}

// knownBytes returns the bytes of a Blob, which must not be changed, or undefined if they are not known.
export const knownBytes = (blob) => contents.get(blob);

// blobBytes returns the bytes of a Blob, which must not be changed, and undefined for any other value.
export function blobBytes(value) {
  if (!(value instanceof NativeBlob)) return undefined;
  const bytes = contents.get(value);
  if (bytes === undefined) {
    throw new DOMException(
      `The bytes of this Blob can only be read asynchronously, because it was not made of parts of at most ${maxKnown} bytes: use await blob.arrayBuffer(), and pass on the result`,
      "DataCloneError",
    );
  }
  return bytes;
}
