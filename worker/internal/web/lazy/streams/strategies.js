import { expect } from "shared";
import { BYTE_LENGTH_STRATEGY, conceal, COUNT_STRATEGY, dictionary, reveal } from "./idl.js";

// The queuing strategies (Streams Standard, sections 7.2 and 7.3). Their size functions are the same for all instances.
const sizes = {
  byteLength: Object.defineProperty((chunk) => chunk.byteLength, "name", { value: "size" }),
  count: Object.defineProperty(() => 1, "name", { value: "size" }),
};

// markOf returns the high watermark of a QueuingStrategyInit.
function markOf(init) {
  const { highWaterMark } = dictionary(init, "The argument of a queuing strategy");
  if (highWaterMark === undefined) throw new TypeError("A queuing strategy needs a highWaterMark");
  return +highWaterMark;
}

export class ByteLengthQueuingStrategy {
  constructor(init) {
    expect(arguments.length, 1, "new ByteLengthQueuingStrategy");
    return conceal(BYTE_LENGTH_STRATEGY, new.target.prototype, markOf(init));
  }

  get highWaterMark() {
    return reveal(BYTE_LENGTH_STRATEGY, this);
  }

  get size() {
    reveal(BYTE_LENGTH_STRATEGY, this);
    return sizes.byteLength;
  }
}

export class CountQueuingStrategy {
  constructor(init) {
    expect(arguments.length, 1, "new CountQueuingStrategy");
    return conceal(COUNT_STRATEGY, new.target.prototype, markOf(init));
  }

  get highWaterMark() {
    return reveal(COUNT_STRATEGY, this);
  }

  get size() {
    reveal(COUNT_STRATEGY, this);
    return sizes.count;
  }
}
