import { host } from "shared";
import { checked, keepThrown } from "./errors.js";
import { collectReferences, fromWasm, functionNumber, isPlain, register, toWasm } from "./values.js";

// exportedFunction returns the function of the script that calls a function of WebAssembly (WebAssembly JavaScript
// Interface, section 5.6).
function exportedFunction(number, [params, results, index]) {
  const plain = isPlain(results);
  const convert = params.includes("externref") ? convertAll : convertPlain;
  const call = (...args) => {
    const result = checked(host.wasmCall(number, ...convert(args, params)));
    if (plain) return result;
    return results.length === 1 ? fromWasm(result, results[0]) : result.map((value, i) => fromWasm(value, results[i]));
  };
  Object.defineProperties(call, {
    name: { value: String(index), configurable: true },
    length: { value: params.length, configurable: true },
  });
  return call;
}
register("function", exportedFunction);

// convertPlain converts the arguments of a function whose parameters are not references.
function convertPlain(args, params) {
  for (let i = 0; i < params.length; i++) args[i] = toWasm(args[i], params[i]);
  args.length = params.length;
  return args;
}

let converting = 0; // calls of convertAll in progress

// convertAll converts the arguments of any function. The conversion of a number may call other functions, which must not
// collect the references that have already been converted.
function convertAll(args, params) {
  if (converting === 0) collectReferences();
  converting++;
  try {
    return convertPlain(args, params);
  } finally {
    converting--;
  }
}

// importedFunction returns the number of import i of a module, which is a function of the script.
export function importedFunction(module, i, callback) {
  const number = functionNumber(callback);
  if (number !== undefined) return number;
  let type; // known when the function is called
  const made = checked(
    host.wasmImport(module, i, (...args) => {
      try {
        const [params, results] = type;
        const result = callback(...args.map((value, k) => fromWasm(value, params[k])));
        if (results.length === 0) return undefined;
        if (results.length === 1) return toWasm(result, results[0]);
        return severalResults(result, results);
      } catch (error) {
        keepThrown(error);
        return false;
      }
    }),
  );
  [, ...type] = host.wasmType(made);
  return made;
}

// severalResults converts an iterable to as many results as a type has.
function severalResults(result, types) {
  if (typeof result !== "object" && typeof result !== "function" && typeof result !== "string") {
    throw new TypeError(`The function must return an iterable of ${types.length} results`);
  }
  const list = [];
  for (const value of result) list.push(value);
  if (list.length !== types.length) throw new TypeError(`The function must return ${types.length} results, but returned ${list.length}`);
  return list.map((value, i) => toWasm(value, types[i]));
}
