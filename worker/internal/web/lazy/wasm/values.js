import { host } from "shared";

const references = [null]; // the objects of references to the script, by their numbers
const numbers = new Map([[null, 0]]);
const unused = []; // numbers that can be used again
let collectAt = 1024; // the size of numbers at which those that WebAssembly does not use are collected

// referenceOf returns the number of a value.
function referenceOf(value) {
  let number = numbers.get(value);
  if (number === undefined) {
    number = unused.pop() ?? references.length;
    references[number] = value;
    numbers.set(value, number);
  }
  return number;
}

// collectReferences removes the objects to which no table or global refers. It does nothing while WebAssembly runs, whose
// variables may refer to more.
export function collectReferences() {
  if (numbers.size < collectAt) return;
  const found = host.wasmReferences();
  if (found === null) return;
  const used = new Set(new Uint32Array(found));
  for (const [value, number] of numbers) {
    if (number === 0 || used.has(number)) continue;
    numbers.delete(value);
    references[number] = undefined;
    unused.push(number);
  }
  collectAt = 2 * numbers.size + 1024;
}

const externs = []; // the objects of functions, tables, memories and globals, by their numbers
const makers = {}; // a function that makes such an object of (number, type), by kind
const exportedFunctions = new Map(); // the numbers of exported functions

// register adds the function that makes objects of a kind.
export function register(kind, make) {
  makers[kind] = make;
}

// externObject returns the object with a number.
export function externObject(number) {
  if (externs[number] === undefined) {
    const [kind, ...type] = host.wasmType(number);
    const object = makers[kind](number, type);
    externs[number] = object;
    if (kind === "function") exportedFunctions.set(object, number);
  }
  return externs[number];
}

// adopt records the object of a number that was created by the script.
export function adopt(number, object) {
  externs[number] = object;
}

// functionNumber returns the number of an exported function, and undefined for any other value.
export const functionNumber = (value) => exportedFunctions.get(value);

// toWasm converts a value to a type (WebAssembly JavaScript Interface, ToWebAssemblyValue). It throws as the language does
// for a value that cannot be converted.
export function toWasm(value, type) {
  switch (type) {
    case "i32":
      return value | 0;
    case "i64":
      return BigInt.asIntN(64, typeof value === "bigint" ? value : toBigInt(value));
    case "f32":
    case "f64":
      return +value;
    case "externref":
      return referenceOf(value);
    case "funcref": {
      if (value === null) return 0;
      const number = functionNumber(value);
      if (number === undefined) throw new TypeError("The value must be null or an exported function of WebAssembly");
      return number + 1;
    }
  }
  throw new TypeError(`A value of type ${type} cannot be passed between WebAssembly and the script`);
}

// toBigInt converts a value as the language does where it expects a BigInt: a number is an error.
const toBigInt = (value) => {
  const cell = new BigInt64Array(1);
  cell[0] = value;
  return cell[0];
};

// fromWasm converts a result to a value of the script.
export function fromWasm(value, type) {
  if (type === "externref") return references[value];
  if (type === "funcref") return value === 0 ? null : externObject(value - 1);
  return value;
}

// isPlain reports whether values of the types are passed to the script as they are.
export const isPlain = (types) => types.length < 2 && !types.some(isReference);

export const isReference = (type) => type === "externref" || type === "funcref";

// defaultValue returns the value of a global for which the script gives none.
export function defaultValue(type) {
  if (type === "externref") return undefined;
  if (type === "funcref") return null;
  return type === "i64" ? 0n : 0;
}
