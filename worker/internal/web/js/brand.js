// The class of an object is found by its prototypes. As a script can give any object any prototype, it is verified with an
// operation that succeeds only for real instances of the class.

export const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;

export const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
export const typedArrayName = getter(typedArray, Symbol.toStringTag);
export const mapSize = getter(Map.prototype, "size");
export const setSize = getter(Set.prototype, "size");

const source = getter(RegExp.prototype, "source");
const byteLength = getter(ArrayBuffer.prototype, "byteLength");

// Each proof returns true for an instance of its class. For any other object it throws or returns false.
const succeeds = (method) => (value) => (method.call(value), true);
const proofs = new Map([
  [Array.prototype, Array.isArray],
  [Map.prototype, succeeds(mapSize)],
  [Set.prototype, succeeds(setSize)],
  [Date.prototype, succeeds(Date.prototype.getTime)],
  [RegExp.prototype, (value) => value !== RegExp.prototype && succeeds(source)(value)],
  [ArrayBuffer.prototype, succeeds(byteLength)],
  [typedArray, (value) => typedArrayName.call(value) !== undefined],
  [DataView.prototype, (value) => ArrayBuffer.isView(value) && typedArrayName.call(value) === undefined],
  ...[Boolean, Number, String, BigInt, Symbol].map(({ prototype }) => [prototype, succeeds(prototype.valueOf)]),
]);

// ancestor returns the first prototype of value for which known.has is true, or null if there is none.
export function ancestor(value, known) {
  let prototype = Object.getPrototypeOf(value);
  while (prototype !== null && !known.has(prototype)) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}

// isDetached reports whether an ArrayBuffer is detached.
export function isDetached(buffer) {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

// isGenuine reports whether value is a real instance of the class of one of its prototypes. It returns true for classes
// without a proof.
export function isGenuine(value, prototype) {
  const proof = proofs.get(prototype);
  if (proof === undefined) return true;
  try {
    return proof(value);
  } catch {
    return false;
  }
}
