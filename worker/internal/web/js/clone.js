import { decodeBase64, encodeBase64 } from "./base64_bytes.js";
import { ancestor } from "./brand.js";
import { expect, optionsOf } from "./define.js";
import { DOMException } from "./exception.js";
import { transferables, Walk } from "./flatten.js";
import { Reader } from "./revive.js";

export function structuredClone(value, options) {
  expect(arguments.length, 1, "structuredClone");
  return cloneWithTransfer(value, [...(optionsOf(options, "structuredClone").transfer ?? [])]).value;
}

// cloneWithTransfer returns a copy of a value, and what the objects of the list transfer have become (HTML Standard, section
// 2.7.7): { value, transferred }.
export function cloneWithTransfer(value, transfer) {
  checkTransfer(transfer);
  const walk = new Walk((buffer) => buffer.slice(0), (bytes) => bytes, transfer);
  const tree = walk.write(value);
  if (transfer.some((item) => item.detached)) throw new DOMException("A detached ArrayBuffer cannot be transferred", "DataCloneError");
  const transferred = transfer.map((item) => (item instanceof ArrayBuffer ? item.transfer() : checked(item).transfer(item)));
  return { value: new Reader(withMaxLength, (bytes) => bytes, transferred).read(tree), transferred };
}

// withMaxLength returns a resizable copy of a buffer, or the buffer itself if maxByteLength is null.
export function withMaxLength(buffer, maxByteLength) {
  if (maxByteLength === null) return buffer;
  const result = new ArrayBuffer(buffer.byteLength, { maxByteLength });
  new Uint8Array(result).set(new Uint8Array(buffer));
  return result;
}

// transferableOf returns the functions of an object that can be transferred, or undefined.
function transferableOf(item) {
  const functions = typeof item === "object" && item !== null ? transferables.get(ancestor(item, transferables)) : undefined;
  return functions?.canTransfer(item) ? functions : undefined;
}

// checked returns the functions of an object that can be transferred. The transfer of a TransformStream also transfers its two
// sides, so it is called for each object again.
function checked(item) {
  const functions = transferableOf(item);
  if (functions) return functions;
  throw new DOMException("Only an ArrayBuffer, a MessagePort that has not been closed or transferred, or a stream that is not locked can be transferred", "DataCloneError");
}

function checkTransfer(list) {
  for (const item of list) if (!(item instanceof ArrayBuffer)) checked(item);
  if (new Set(list).size < list.length) throw new DOMException("An object cannot be transferred twice", "DataCloneError");
}

// serialize converts a value to text for deserialize, in this engine or in another one. The text begins with J if the rest
// is the JSON of the value, and with S if it is the JSON of a tree of Walk.
export function serialize(value) {
  const walk = new Walk((buffer) => encodeBase64(new Uint8Array(buffer)), (bytes) => encodeBase64(bytes));
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
        return new Reader(decodeBuffer, (text) => decodeBase64(text)).read(tree);
    }
  } catch (error) {
    throw new DOMException(`The data cannot be read back: ${error.message}`, { name: "DataCloneError", cause: error });
  }
  throw new DOMException("The data cannot be read back: it was not written by serialize", "DataCloneError");
}

const decodeBuffer = (text, maxByteLength) => withMaxLength(decodeBase64(text).buffer, maxByteLength);
