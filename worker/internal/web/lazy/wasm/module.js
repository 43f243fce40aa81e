import { host } from "shared";
import { checked } from "./errors.js";
import { expose, sourceBytes } from "./idl.js";

// partsOf returns { number, imports, exports } of a Module, and undefined for any other value.
export let partsOf;

// Module is a compiled module (WebAssembly JavaScript Interface, section 5.1).
export class Module {
  #parts;

  static {
    partsOf = (value) => (typeof value === "object" && value !== null && #parts in value ? value.#parts : undefined);
  }

  constructor(bytes) {
    const [number, imports, exports] = checked(host.wasmCompile(sourceBytes(bytes, "WebAssembly.Module")));
    this.#parts = { number, imports, exports };
  }

  static exports(module) {
    return parts(module, "exports").exports.map(([name, kind]) => ({ name, kind }));
  }

  static imports(module) {
    return parts(module, "imports").imports.map(([module, name, kind]) => ({ module, name, kind }));
  }

  static customSections(module, name) {
    const { number } = parts(module, "customSections");
    if (name === undefined) throw new TypeError("WebAssembly.Module.customSections expects a module and a name");
    const text = `${name}`;
    return text.isWellFormed() ? host.wasmCustom(number, text) : []; // names are UTF-8
  }
}
expose(Module);

function parts(module, name) {
  const found = partsOf(module);
  if (!found) throw new TypeError(`WebAssembly.Module.${name} expects a WebAssembly.Module`);
  return found;
}
