import { define } from "shared";
import { FastBuffer } from "./buffer.js";
import { at } from "./integers.js";

const scratch = new DataView(new ArrayBuffer(8));

for (const [name, size, get, set] of [["Float", 4, "getFloat32", "setFloat32"], ["Double", 8, "getFloat64", "setFloat64"]]) {
  for (const [order, little] of [["LE", true], ["BE", false]]) {
    define(FastBuffer.prototype, {
      [`read${name}${order}`](offset = 0) {
        at(this, offset, size);
        for (let i = 0; i < size; i++) scratch.setUint8(i, this[offset + i]);
        return scratch[get](0, little);
      },
      [`write${name}${order}`](value, offset = 0) {
        at(this, offset, size);
        scratch[set](0, value, little);
        for (let i = 0; i < size; i++) this[offset + i] = scratch.getUint8(i);
        return offset + size;
      },
    });
  }
}
