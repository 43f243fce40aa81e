import { host, secret } from "shared";
import { checked } from "./errors.js";
import { expose, limits, unsigned } from "./idl.js";
import { adopt, register } from "./values.js";

const maxPages = 65536;

// memoryNumber returns the number of a Memory, and undefined for any other value.
export let memoryNumber;

// Memory is a memory (WebAssembly JavaScript Interface, section 5.3).
export class Memory {
  #number;

  static {
    memoryNumber = (value) => (typeof value === "object" && value !== null && #number in value ? value.#number : undefined);
  }

  constructor(descriptor) {
    if (descriptor === secret) {
      this.#number = arguments[1];
      return;
    }
    const [min, max] = limits(descriptor, "WebAssembly.Memory");
    if (min > maxPages || max > maxPages) throw new RangeError(`A memory has at most ${maxPages} pages`);
    if (descriptor.shared) throw new TypeError("Shared memories are not supported, because a script has a single thread");
    this.#number = checked(host.wasmMemory(min, max));
    adopt(this.#number, this);
  }

  get buffer() {
    return host.wasmBuffer(this.#number);
  }

  grow(delta) {
    const number = this.#number;
    const before = host.wasmGrow(number, unsigned(delta, "delta"));
    if (before < 0) throw new RangeError("The memory cannot grow: its maximum or the memory limit of the script is reached");
    return before;
  }
}
expose(Memory);
register("memory", (number) => new Memory(secret, number));
