import { define, host } from "shared";
import { wrongType } from "lazy/node_errors";
import { FastBuffer } from "./buffer.js";
import { bytesIn, encodingOf } from "./encodings.js";

// find returns the index of a value, or -1.
function find(buffer, value, offset, encoding, last) {
  let [from, name] = [offset, encoding];
  if (typeof offset === "string") [from, name] = [undefined, offset];
  from = Number(from);
  if (Number.isNaN(from)) from = last ? buffer.length : 0;
  from = Math.trunc(Math.min(Math.max(from, -(2 ** 31)), 2 ** 31 - 1));
  if (from < 0) from += buffer.length;
  if (from < 0) {
    if (last) return -1;
    from = 0;
  }
  const kind = encodingOf(name);
  const needle = needleOf(value, kind);
  if (needle.length === 0) return Math.min(from, buffer.length);
  return host.indexOfBytes(buffer, needle, from, last, kind === "utf16le" ? 2 : 1);
}

function needleOf(value, encoding) {
  if (typeof value === "number") return Uint8Array.of(value & 255);
  if (typeof value === "string") return bytesIn(encoding, value);
  if (value instanceof Uint8Array) return value;
  throw wrongType("value", "a number, a string, a Buffer or a Uint8Array", value);
}

define(FastBuffer.prototype, {
  indexOf(value, offset, encoding) {
    return find(this, value, offset, encoding, false);
  },
  lastIndexOf(value, offset, encoding) {
    return find(this, value, offset, encoding, true);
  },
  includes(value, offset, encoding) {
    return find(this, value, offset, encoding, false) >= 0;
  },
});
