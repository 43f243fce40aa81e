import { expose } from "web/host.js";
import { positionOf } from "web/position.js";
import { listenersTo } from "web/target.js";

const functions = new WeakMap(); // functions of the script by the listeners that call them

// setSourceFunction records the function of the script that a listener of these modules calls.
export function setSourceFunction(listener, fn) {
  functions.set(listener, fn);
}

// placesOf returns the positions of the listeners for a type of event: file, line and column of each that has a position.
export function placesOf(type) {
  const places = [];
  for (const { callback } of listenersTo(type)) {
    const position = positionOf(functions.get(callback) ?? callback);
    if (position !== undefined) places.push(...position);
  }
  return places;
}

expose("places", placesOf);
