import { expose } from "web/host.js";
import { listenersTo } from "web/target.js";

// The engine's getters of the position of a function. Scripts cannot replace them, and they do not run code of a script.
const [file, line, column] = ["fileName", "lineNumber", "columnNumber"].map(
  (name) => Object.getOwnPropertyDescriptor(Function.prototype, name)?.get,
);
const { apply } = Reflect;

const functions = new WeakMap(); // functions of the script by the listeners that call them

// setSourceFunction records the function of the script that a listener of these modules calls.
export function setSourceFunction(listener, fn) {
  functions.set(listener, fn);
}

// placesOf returns the positions of the listeners for a type of event: file, line and column of each that has a position.
export function placesOf(type) {
  const places = [];
  for (const { callback } of listenersTo(type)) {
    const fn = functions.get(callback) ?? callback;
    if (typeof fn !== "function") continue;
    const name = apply(file, fn, []);
    if (typeof name === "string") places.push(name, apply(line, fn, []), apply(column, fn, []));
  }
  return places;
}

expose("places", placesOf);
