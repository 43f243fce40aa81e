import { enumerate } from "./host.js";

// define defines properties with the attributes of built-in ones: writable, configurable and not enumerable.
export function define(target, properties) {
  for (const [key, value] of Object.entries(properties)) {
    Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
  }
}

// platform contains the prototypes of the classes of these modules, whose instances cannot be cloned.
export const platform = new Set();

// tag gives classes the properties of interfaces (Web IDL, section 3.7): their members are enumerable, other than those of a
// class, and the prototype has Symbol.toStringTag. It adds the prototypes to platform.
export function tag(...classes) {
  for (const constructor of classes) {
    const { name, prototype } = constructor;
    enumerate(constructor);
    enumerate(prototype);
    Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
    platform.add(prototype);
  }
}

// constants defines read-only constants of a class and of its instances.
export function constants(constructor, values) {
  for (const [key, value] of Object.entries(values)) {
    const property = { value, enumerable: true };
    Object.defineProperty(constructor, key, property);
    Object.defineProperty(constructor.prototype, key, property);
  }
}

// secret is the first argument of constructors that only these modules may call.
export const secret = Symbol("internal");

// refuse throws the error for a class that scripts cannot construct.
export function refuse(name) {
  throw new TypeError(`Illegal constructor: a script cannot create a ${name}`);
}

// expect throws if a call has fewer arguments than wanted.
export function expect(given, wanted, what) {
  if (given < wanted) {
    throw new TypeError(`${what} expects ${wanted} argument${wanted > 1 ? "s" : ""}, but got ${given}`);
  }
}

// optionsOf returns an argument that is an object with options, {} if it is missing (Web IDL, section 3.2.17).
export function optionsOf(value, what) {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${what} expects an object as its options`);
  return value;
}
