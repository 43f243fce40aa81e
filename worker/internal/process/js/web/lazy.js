import * as bodies from "./bodies.js";
import { bundles } from "./bundles.js";

// The exports of bundles by name. Streams are those of the runtime, so what uses them is always there.
const loaded = new Map([
  ["bodies", bodies],
  ["streams", {}],
  ["writable_streams", { WritableStream: globalThis.WritableStream }],
]);
const shared = []; // the functions of share
let provided; // their results, which all bundles get

// share adds a function that returns exports of base modules that bundles may import.
export function share(list) {
  shared.push(list);
}

// lazy returns the exports of a bundle on demand. Its code runs at the first call with its name.
export function lazy(name) {
  let exports = loaded.get(name);
  if (exports === undefined) {
    provided ??= Object.assign({ lazy }, ...shared.map((list) => list()));
    exports = bundles[name](provided);
    loaded.set(name, exports);
  }
  return exports;
}

export const isLoaded = (name) => loaded.has(name);

// defineLazy defines globals as exports of a bundle, which is loaded when one of them is read.
export function defineLazy(bundle, names) {
  for (const name of names) {
    const set = (value) => Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
    Object.defineProperty(globalThis, name, { get: () => lazy(bundle)[name], set, enumerable: false, configurable: true });
  }
}
