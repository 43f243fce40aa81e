import { host, secret } from "shared";
import { checked } from "./errors.js";
import { expose } from "./idl.js";
import { adopt, defaultValue, fromWasm, register, toWasm } from "./values.js";

// globalNumber returns the number of a Global, and undefined for any other value. globalType returns its type.
export let globalNumber, globalType;

const types = { i32: "i32", i64: "i64", f32: "f32", f64: "f64", externref: "externref", anyfunc: "funcref" };

// Global is a global (WebAssembly JavaScript Interface, section 5.5).
export class Global {
  #number;
  #type;
  #mutable;

  static {
    globalNumber = (value) => (typeof value === "object" && value !== null && #number in value ? value.#number : undefined);
    globalType = (value) => value.#type;
  }

  constructor(descriptor) {
    if (descriptor === secret) {
      [, this.#number, this.#type, this.#mutable] = arguments;
      return;
    }
    if ((typeof descriptor !== "object" && typeof descriptor !== "function") || descriptor === null) {
      throw new TypeError("WebAssembly.Global expects an object with the type of its value");
    }
    const mutable = Boolean(descriptor.mutable);
    const name = `${descriptor.value}`;
    if (!Object.hasOwn(types, name)) throw new TypeError(`The type of a global must be one of ${Object.keys(types).join(", ")}, not "${name}"`);
    this.#type = types[name];
    this.#mutable = mutable;
    const given = arguments.length > 1;
    let value = given ? arguments[1] : undefined;
    if (value === undefined) value = defaultValue(this.#type);
    this.#number = checked(host.wasmGlobal(this.#type, mutable, toWasm(value, this.#type)));
    adopt(this.#number, this);
  }

  get value() {
    return fromWasm(host.wasmGet(this.#number), this.#type);
  }
  set value(value) {
    if (!this.#mutable) throw new TypeError("The global is constant: create it with mutable: true");
    if (arguments.length === 0) throw new TypeError("A value is required");
    host.wasmSet(this.#number, toWasm(value, this.#type));
  }

  valueOf() {
    return fromWasm(host.wasmGet(this.#number), this.#type);
  }
}
expose(Global);
register("global", (number, [type, mutable]) => new Global(secret, number, type, mutable));
