import { host } from "./host.js";

const loaded = new Map(); // the exports of bundles by name
const loading = new Set();
const shared = []; // the functions of share
let provided; // their results, which all bundles get

// share adds a function that returns exports of base modules that bundles may import. shared.js calls it: if this module
// imported all others, they could not import it.
export function share(list) {
  shared.push(list);
}

// lazy returns the exports of a bundle on demand. It loads the bundle if this is the first call with its name.
export function lazy(name) {
  let exports = loaded.get(name);
  if (exports !== undefined) return exports;
  if (loading.has(name)) throw new Error(`the bundle ${name} needs itself while it is loaded`);
  loading.add(name);
  try {
    provided ??= Object.assign({ lazy }, ...shared.map((list) => list()));
    exports = host.loadBundle(name)(provided);
  } finally {
    loading.delete(name);
  }
  loaded.set(name, exports);
  return exports;
}

// isLoaded reports whether a bundle has been loaded.
export const isLoaded = (name) => loaded.has(name);

// defineLazy defines globals as exports of a bundle. The bundle is loaded when one of them is read; then all of them that
// have not been replaced become ordinary properties.
export function defineLazy(bundle, names) {
  const getters = new Map();
  const settle = () => {
    const exports = lazy(bundle);
    for (const [name, get] of getters) {
      if (Object.getOwnPropertyDescriptor(globalThis, name)?.get === get) setGlobal(name, exports[name]);
    }
    return exports;
  };
  for (const name of names) {
    const get = () => settle()[name];
    getters.set(name, get);
    Object.defineProperty(globalThis, name, { get, set: (value) => setGlobal(name, value), enumerable: false, configurable: true });
  }
}

const setGlobal = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
