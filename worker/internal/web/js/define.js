// define adds properties as the platform's own are: writable, configurable and not enumerable.
export function define(target, properties) {
  for (const [key, value] of Object.entries(properties)) {
    Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
  }
}

// platform holds the prototypes of the classes that these modules make: their objects cannot be cloned.
export const platform = new Set();

// tag names the instances of classes for Object.prototype.toString.
export function tag(...classes) {
  for (const { name, prototype } of classes) {
    Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
    platform.add(prototype);
  }
}

// constants adds read-only numbers to a class and to its instances.
export function constants(constructor, values) {
  for (const [key, value] of Object.entries(values)) {
    const property = { value, enumerable: true };
    Object.defineProperty(constructor, key, property);
    Object.defineProperty(constructor.prototype, key, property);
  }
}

// secret marks calls of a constructor that only these modules may make.
export const secret = Symbol("internal");

// refuse ends the construction of what scripts cannot construct.
export function refuse(name) {
  throw new TypeError(`Illegal constructor: a script cannot make a new ${name} itself`);
}

// expect ends a call that has too few arguments.
export function expect(given, wanted, what) {
  if (given < wanted) {
    throw new TypeError(`${what} expects ${wanted} argument${wanted > 1 ? "s" : ""}, but got ${given}`);
  }
}
