import { expose } from "web/host.js";
import { listenersTo } from "web/target.js";

// Where a function stands, as the engine knows it; no script can change these getters, or be run by them.
const [file, line, column] = ["fileName", "lineNumber", "columnNumber"].map(
  (name) => Object.getOwnPropertyDescriptor(Function.prototype, name)?.get,
);
const { apply } = Reflect;

const functions = new WeakMap(); // of the script, by the listener that calls them

// standFor notes the function of the script that a listener calls.
export function standFor(listener, fn) {
  functions.set(listener, fn);
}

// placesOf returns where the listeners to a type of event stand: file, line and column of each that has a place.
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
