import { lazy } from "web/lazy.js";

const makers = new Map(); // functions that make the values of bindings, by their types

// defineBinding sets the function that makes the value of a binding of a type. It gets { type, name } and the members of the type.
export function defineBinding(type, make) {
  makers.set(type, make);
}

// defineBindings adds bindings to env.
export function defineBindings(env, bindings) {
  if (bindings.length > 0) lazy("bindings"); // which calls defineBinding
  for (const binding of bindings) {
    Object.defineProperty(env, binding.name, { value: makers.get(binding.type)(binding), writable: true, enumerable: true, configurable: true });
  }
}
