import { define } from "./define.js";
import { lazy } from "./lazy.js";

const call = (receiver, name, args) => Reflect.apply(lazy("intl").methodOf(receiver, name), receiver, args);

// The methods of built-in objects whose results depend on a locale: those of the engine do not. When the bundle intl is loaded,
// it replaces these by its own, which do not share a function. They are methods of a class, because only those are in strict
// mode, in which the receiver may be null or a primitive value.
class LocaleMethods {
  toLocaleString() { return call(this, "toLocaleString", arguments); }
  toLocaleDateString() { return call(this, "toLocaleDateString", arguments); }
  toLocaleTimeString() { return call(this, "toLocaleTimeString", arguments); }
  localeCompare(that) { return call(this, "localeCompare", arguments, that); }
  toLocaleUpperCase() { return call(this, "toLocaleUpperCase", arguments); }
  toLocaleLowerCase() { return call(this, "toLocaleLowerCase", arguments); }
}
export const localeMethods = LocaleMethods.prototype;

const { toLocaleString, toLocaleDateString, toLocaleTimeString, localeCompare, toLocaleUpperCase, toLocaleLowerCase } = localeMethods;
define(Date.prototype, { toLocaleString, toLocaleDateString, toLocaleTimeString });
define(String.prototype, { localeCompare, toLocaleUpperCase, toLocaleLowerCase });
for (const { prototype } of [Number, BigInt, Array]) define(prototype, { toLocaleString });
