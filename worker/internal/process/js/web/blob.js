// The bytes of a Blob of the runtime can only be read asynchronously. They are known here if Linger has created the Blob.
const contents = new WeakMap();

// Blob creates Blobs of the runtime whose bytes are known. Its first argument is a list of one ArrayBuffer, which nothing changes.
export const Blob = new Proxy(globalThis.Blob, {
  construct(target, [[buffer]]) {
    return remember(new target([buffer]), new Uint8Array(buffer));
  },
});

export const { File } = globalThis;

export const blobOf = (bytes, type) => remember(new globalThis.Blob([bytes], { type }), bytes);
export const fileOf = (bytes, name, type, lastModified) => remember(new File([bytes], name, { type, lastModified }), bytes);

function remember(blob, bytes) {
  contents.set(blob, bytes);
  return blob;
}

// blobBytes returns the bytes of a Blob, which must not be changed, and undefined for any other value.
export function blobBytes(value) {
  if (!(value instanceof globalThis.Blob)) return undefined;
  const bytes = contents.get(value);
  if (bytes === undefined) {
    throw new DOMException("The bytes of this Blob can only be read asynchronously: use await blob.arrayBuffer(), and pass on the result", "DataCloneError");
  }
  return bytes;
}
