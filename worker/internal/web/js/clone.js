import { expect } from "./define.js";
import { DOMException } from "./exception.js";
import { Walk } from "./flatten.js";
import { Reader } from "./revive.js";

export function structuredClone(value, options) {
  expect(arguments.length, 1, "structuredClone");
  const transfer = transferList(options?.transfer);
  const walk = new Walk((buffer) => buffer.slice(0), (bytes) => bytes, transfer);
  const tree = walk.write(value);
  for (const [content, buffer] of walk.moved) content[1] = buffer.transfer();
  for (const buffer of transfer) if (!buffer.detached) buffer.transfer();
  return new Reader(withMaxLength, (bytes) => bytes).read(tree);
}

// withMaxLength returns a resizable copy of a buffer, or the buffer itself if maxByteLength is null.
function withMaxLength(buffer, maxByteLength) {
  if (maxByteLength === null) return buffer;
  const result = new ArrayBuffer(buffer.byteLength, { maxByteLength });
  new Uint8Array(result).set(new Uint8Array(buffer));
  return result;
}

// transferList checks the option transfer.
function transferList(given = []) {
  const list = [...given];
  for (const item of list) {
    if (!(item instanceof ArrayBuffer)) throw new DOMException("Only an ArrayBuffer can be transferred", "DataCloneError");
    if (item.detached) throw new DOMException("A detached ArrayBuffer cannot be transferred", "DataCloneError");
  }
  if (new Set(list).size < list.length) throw new DOMException("An ArrayBuffer cannot be transferred twice", "DataCloneError");
  return list;
}

// serialize converts a value to text for deserialize, in this engine or in another one. The text begins with J if the rest
// is the JSON of the value, and with S if it is the JSON of a tree of Walk.
export function serialize(value) {
  const walk = new Walk((buffer) => new Uint8Array(buffer).toBase64(), (bytes) => bytes.toBase64());
  const tree = walk.write(value);
  return (walk.plain ? "J" : "S") + JSON.stringify(tree);
}

export function deserialize(text) {
  try {
    const tree = JSON.parse(text.slice(1));
    switch (text[0]) {
      case "J":
        return tree;
      case "S":
        return new Reader(decodeBuffer, (text) => Uint8Array.fromBase64(text)).read(tree);
    }
  } catch (error) {
    throw new DOMException(`The data cannot be read back: ${error.message}`, { name: "DataCloneError", cause: error });
  }
  throw new DOMException("The data cannot be read back: it was not written by serialize", "DataCloneError");
}

const decodeBuffer = (text, maxByteLength) => withMaxLength(Uint8Array.fromBase64(text).buffer, maxByteLength);
