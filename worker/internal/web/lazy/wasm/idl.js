import { tag } from "shared";

// expose makes a class what the Web IDL Standard requires of an interface in the namespace WebAssembly: its members are
// enumerable, and its tag has the name of the namespace.
export function expose(type) {
  tag(type);
  Object.defineProperty(type.prototype, Symbol.toStringTag, { value: `WebAssembly.${type.name}`, configurable: true });
  for (const target of [type, type.prototype]) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(target))) {
      if (key === "constructor" || !descriptor.configurable || (target === type && (key === "name" || key === "length"))) continue;
      Object.defineProperty(target, key, { ...descriptor, enumerable: true });
    }
  }
}

// unsigned converts a value to an unsigned long with EnforceRange (Web IDL Standard, section 3.2.4.6).
export function unsigned(value, what) {
  const number = Math.trunc(+value);
  if (!(number >= 0 && number <= 0xffffffff)) throw new TypeError(`${what} must be a number from 0 to 4294967295, but got ${String(value)}`);
  return number + 0;
}

// limits returns the limits of a descriptor as [min, max], with -1 for no maximum.
export function limits(descriptor, what) {
  if ((typeof descriptor !== "object" && typeof descriptor !== "function") || descriptor === null) {
    throw new TypeError(`${what} expects an object with its initial size`);
  }
  const { initial } = descriptor;
  if (initial === undefined) throw new TypeError(`${what} expects an object with the member initial`);
  const min = unsigned(initial, "initial");
  const { maximum } = descriptor;
  const max = maximum === undefined ? -1 : unsigned(maximum, "maximum");
  if (max >= 0 && min > max) throw new RangeError(`${what}: initial must not be above maximum`);
  return [min, max];
}

// sourceBytes returns the bytes of a BufferSource.
export function sourceBytes(source, what) {
  if (ArrayBuffer.isView(source) || source instanceof ArrayBuffer) return source;
  throw new TypeError(`${what} expects an ArrayBuffer or a view of one`);
}
