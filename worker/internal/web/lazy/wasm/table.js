import { host, secret } from "shared";
import { checked } from "./errors.js";
import { expose, limits, unsigned } from "./idl.js";
import { adopt, defaultValue, fromWasm, register, toWasm } from "./values.js";

// tableNumber returns the number of a Table, and undefined for any other value.
export let tableNumber;

// found returns the result of an operation on an element, which traps if there is no such element.
function found(result) {
  if (typeof result === "string") throw new RangeError("The table has no such element");
  return result;
}

// Table is a table (WebAssembly JavaScript Interface, section 5.4).
export class Table {
  #number;
  #type;

  static {
    tableNumber = (value) => (typeof value === "object" && value !== null && #number in value ? value.#number : undefined);
  }

  constructor(descriptor) {
    if (descriptor === secret) {
      [, this.#number, this.#type] = arguments;
      return;
    }
    if ((typeof descriptor !== "object" && typeof descriptor !== "function") || descriptor === null) {
      throw new TypeError("WebAssembly.Table expects an object with the type of its elements and its initial size");
    }
    const element = `${descriptor.element}`;
    if (element !== "anyfunc" && element !== "externref") throw new TypeError(`The elements of a table must be "anyfunc" or "externref", not "${element}"`);
    const [min, max] = limits(descriptor, "WebAssembly.Table");
    this.#type = element === "anyfunc" ? "funcref" : element;
    const value = arguments.length > 1 && arguments[1] !== undefined ? toWasm(arguments[1], this.#type) : this.#initial();
    this.#number = checked(host.wasmTable(this.#type, min, max));
    adopt(this.#number, this);
    if (value !== 0) for (let i = 0; i < min; i++) host.wasmSet(this.#number, value, i);
  }

  get length() {
    return host.wasmSize(this.#number);
  }

  get(index) {
    const number = this.#number;
    return fromWasm(found(host.wasmGet(number, unsigned(index, "index"))), this.#type);
  }

  set(index) {
    const number = this.#number;
    const i = unsigned(index, "index");
    const value = arguments.length > 1 ? toWasm(arguments[1], this.#type) : this.#initial();
    found(host.wasmSet(number, value, i));
  }

  grow(delta) {
    const number = this.#number;
    const n = unsigned(delta, "delta");
    const value = arguments.length > 1 ? toWasm(arguments[1], this.#type) : this.#initial();
    const before = host.wasmGrow(number, n, value);
    if (before < 0) throw new RangeError("The table cannot grow: its maximum is reached");
    return before;
  }

  // initial returns the element for which the script gives no value.
  #initial() {
    return toWasm(defaultValue(this.#type), this.#type);
  }
}
expose(Table);
register("table", (number, [type]) => new Table(secret, number, type));
