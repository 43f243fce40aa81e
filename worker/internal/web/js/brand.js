// What an object is shows in its prototypes, and is proven by what only the real thing can do: a script may give any
// object any prototype.

export const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;

export const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
export const typedArrayName = getter(typedArray, Symbol.toStringTag);
export const mapSize = getter(Map.prototype, "size");
export const setSize = getter(Set.prototype, "size");

const source = getter(RegExp.prototype, "source");
const byteLength = getter(ArrayBuffer.prototype, "byteLength");

// Each proof throws or returns false for an object that is not of the kind.
const answers = (method) => (value) => (method.call(value), true);
const proofs = new Map([
  [Array.prototype, Array.isArray],
  [Map.prototype, answers(mapSize)],
  [Set.prototype, answers(setSize)],
  [Date.prototype, answers(Date.prototype.getTime)],
  [RegExp.prototype, (value) => value !== RegExp.prototype && answers(source)(value)],
  [ArrayBuffer.prototype, answers(byteLength)],
  [typedArray, (value) => typedArrayName.call(value) !== undefined],
  [DataView.prototype, (value) => ArrayBuffer.isView(value) && typedArrayName.call(value) === undefined],
  ...[Boolean, Number, String, BigInt, Symbol].map(({ prototype }) => [prototype, answers(prototype.valueOf)]),
]);

// ancestor returns the first of the prototypes of value that is known, null if there is none.
export function ancestor(value, known) {
  let prototype = Object.getPrototypeOf(value);
  while (prototype !== null && !known.has(prototype)) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}

// isGenuine tells whether value is what a prototype of it claims. Of prototypes without a proof it believes it.
export function isGenuine(value, prototype) {
  const proof = proofs.get(prototype);
  if (proof === undefined) return true;
  try {
    return proof(value);
  } catch {
    return false;
  }
}
