import { define } from "shared";
import { checkInteger, nodeError, outOfRange, wrongType } from "lazy/node_errors";
import { FastBuffer } from "./buffer.js";

// at checks the offset of size bytes.
export function at(buffer, offset, size) {
  if (typeof offset !== "number") throw wrongType("offset", "a number", offset);
  if (!Number.isInteger(offset)) throw outOfRange("offset", "an integer", offset);
  if (buffer.length < size) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  if (offset < 0 || offset + size > buffer.length) throw outOfRange("offset", `>= 0 and <= ${buffer.length - size}`, offset);
  return offset;
}

function readUnsigned(buffer, offset, size, little) {
  at(buffer, offset, size);
  let value = 0;
  if (little) for (let i = size - 1; i >= 0; i--) value = value * 256 + buffer[offset + i];
  else for (let i = 0; i < size; i++) value = value * 256 + buffer[offset + i];
  return value;
}

function readSigned(buffer, offset, size, little) {
  const value = readUnsigned(buffer, offset, size, little);
  return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
}

function write(buffer, value, offset, size, little, min, max) {
  const number = +value;
  if (number < min || number > max) throw outOfRange("value", `>= ${min} and <= ${max}`, value);
  at(buffer, offset, size);
  let rest = Math.trunc(number) || 0;
  if (rest < 0) rest += 2 ** (8 * size);
  for (let i = 0; i < size; i++) {
    buffer[little ? offset + i : offset + size - 1 - i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return offset + size;
}

const writeUnsigned = (buffer, value, offset, size, little) => write(buffer, value, offset, size, little, 0, 2 ** (8 * size) - 1);
const writeSigned = (buffer, value, offset, size, little) => write(buffer, value, offset, size, little, -(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1);

// methods defines a method, and for an unsigned type also the name with "Uint".
function methods(names) {
  define(FastBuffer.prototype, names);
  for (const [name, method] of Object.entries(names)) {
    if (name.includes("UInt")) define(FastBuffer.prototype, { [name.replace("UInt", "Uint")]: method });
  }
}

for (const [bits, order, little] of [["8", "", true], ["16", "LE", true], ["16", "BE", false], ["32", "LE", true], ["32", "BE", false]]) {
  const size = bits / 8;
  methods({
    [`readUInt${bits}${order}`](offset = 0) {
      return readUnsigned(this, offset, size, little);
    },
    [`readInt${bits}${order}`](offset = 0) {
      return readSigned(this, offset, size, little);
    },
    [`writeUInt${bits}${order}`](value, offset = 0) {
      return writeUnsigned(this, value, offset, size, little);
    },
    [`writeInt${bits}${order}`](value, offset = 0) {
      return writeSigned(this, value, offset, size, little);
    },
  });
}

for (const [order, little] of [["LE", true], ["BE", false]]) {
  const reader = (read) =>
    function (offset, byteLength) {
      if (offset === undefined) throw wrongType("offset", "a number", offset);
      checkInteger(byteLength, "byteLength", 1, 6);
      return read(this, offset, byteLength, little);
    };
  const writer = (write) =>
    function (value, offset, byteLength) {
      checkInteger(byteLength, "byteLength", 1, 6);
      return write(this, value, offset, byteLength, little);
    };
  methods({
    [`readUInt${order}`]: reader(readUnsigned),
    [`readInt${order}`]: reader(readSigned),
    [`writeUInt${order}`]: writer(writeUnsigned),
    [`writeInt${order}`]: writer(writeSigned),
    [`readBigUInt64${order}`](offset = 0) {
      return readBig(this, offset, little);
    },
    [`readBigInt64${order}`](offset = 0) {
      return BigInt.asIntN(64, readBig(this, offset, little));
    },
    [`writeBigUInt64${order}`](value, offset = 0) {
      return writeBig(this, value, offset, little, 0n, 2n ** 64n - 1n);
    },
    [`writeBigInt64${order}`](value, offset = 0) {
      return writeBig(this, value, offset, little, -(2n ** 63n), 2n ** 63n - 1n);
    },
  });
}

function readBig(buffer, offset, little) {
  at(buffer, offset, 8);
  const high = readUnsigned(buffer, little ? offset + 4 : offset, 4, little);
  const low = readUnsigned(buffer, little ? offset : offset + 4, 4, little);
  return (BigInt(high) << 32n) | BigInt(low);
}

function writeBig(buffer, value, offset, little, min, max) {
  if (typeof value !== "bigint") throw wrongType("value", "a bigint", value);
  if (value < min || value > max) throw outOfRange("value", `>= ${min} and <= ${max}`, value);
  at(buffer, offset, 8);
  const bits = value < 0n ? value + 2n ** 64n : value; // BigInt.asUintN of the engine is wrong for 64 bits
  const [high, low] = [Number(bits >> 32n), Number(bits & 0xffffffffn)];
  writeUnsigned(buffer, little ? low : high, offset, 4, little);
  return writeUnsigned(buffer, little ? high : low, offset + 4, 4, little);
}
