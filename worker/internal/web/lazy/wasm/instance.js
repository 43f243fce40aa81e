import { host, secret } from "shared";
import { checked, LinkError } from "./errors.js";
import { importedFunction } from "./function.js";
import { globalNumber } from "./global.js";
import { expose } from "./idl.js";
import { memoryNumber } from "./memory.js";
import { partsOf } from "./module.js";
import { tableNumber } from "./table.js";
import { externObject, isReference, toWasm } from "./values.js";

// Instance is an instance of a module (WebAssembly JavaScript Interface, section 5.2).
export class Instance {
  #exports;

  constructor(module) {
    const [parts, values] = module === secret ? arguments[1] : readImports(module, arguments[1]);
    const externs = parts.imports.map((imported, i) => externOf(parts.number, i, imported, values[i]));
    const numbers = checked(host.wasmInstantiate(parts.number, externs));
    const exports = { __proto__: null };
    parts.exports.forEach(([name], i) => {
      exports[name] = externObject(numbers[i]);
    });
    this.#exports = Object.freeze(exports);
  }

  get exports() {
    return this.#exports;
  }
}
expose(Instance);

// readImports returns the parts of a module and the values of its imports.
function readImports(module, importObject) {
  const parts = partsOf(module);
  if (!parts) throw new TypeError("WebAssembly.Instance expects a WebAssembly.Module");
  checkImports(importObject);
  if (importObject === undefined && parts.imports.length > 0) throw new TypeError("The module has imports: pass an object with them");
  return [parts, parts.imports.map(([module, name]) => readImport(importObject, module, name))];
}

// checkImports throws if a value is not an object with imports.
export function checkImports(value) {
  if (value === undefined || typeof value === "function" || (typeof value === "object" && value !== null)) return;
  throw new TypeError("The imports must be an object");
}

// instantiateLater reads the imports, and returns a promise of the instance.
export async function instantiateLater(module, importObject) {
  const read = readImports(module, importObject);
  await undefined;
  return new Instance(secret, read);
}

function readImport(importObject, module, name) {
  const values = importObject[module];
  if ((typeof values !== "object" && typeof values !== "function") || values === null) {
    throw new TypeError(`The imports have no object "${module}"`);
  }
  return values[name];
}

// externOf returns the number of the value of import i.
function externOf(module, i, [from, name, kind], value) {
  const found = importers[kind](module, i, value);
  if (found === undefined) throw new LinkError(`The import ${from}.${name} must be ${expected[kind]}, but is ${typeof value}`);
  return found;
}

const expected = {
  function: "a function",
  memory: "a WebAssembly.Memory",
  table: "a WebAssembly.Table",
  global: "a WebAssembly.Global, or a number or BigInt of its type",
};

const importers = {
  function: (module, i, value) => (typeof value === "function" ? importedFunction(module, i, value) : undefined),
  memory: (module, i, value) => memoryNumber(value),
  table: (module, i, value) => tableNumber(value),
  global(module, i, value) {
    const number = globalNumber(value);
    if (number !== undefined) return number;
    const [type, mutable] = host.wasmImportedGlobal(module, i);
    if (mutable) return undefined;
    if (!isReference(type) && typeof value !== (type === "i64" ? "bigint" : "number")) return undefined;
    return checked(host.wasmGlobal(type, false, toWasm(value, type)));
  },
};
