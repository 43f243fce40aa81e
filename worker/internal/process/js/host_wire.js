import { endsByResult, ofEvents } from "web/function_kinds.js";
import { wrappers } from "./connections.js";
import { host } from "./linger.js";
import { exceptionOf } from "./thrown.js";
import { sendHello, serve } from "./wire.js";

export { host };

// The functions that Linger may call: their names and, at the same indexes, the functions themselves.
const names = [];
const functions = [];
let isOpen = false; // Linger knows the names

// expose makes a function available to Linger. If its result is true, the function has completed: nothing happens later because of the call.
export function expose(name, fn) {
  names.push(name);
  functions.push(wrappers[name]?.(fn) ?? fn);
  if (isOpen) host.exposed(name);
}

// exposed returns a function that was made available to Linger.
export const exposed = (name) => functions[names.indexOf(name)];

// open begins to handle the calls of Linger. runtime is the name of the runtime with its version.
export function open(runtime) {
  sendHello(names, runtime);
  isOpen = true;
  serve(handle);
}

// handle handles a call of Linger, and reports whether it is complete.
function handle(number, args) {
  const name = names[number];
  try {
    const complete = functions[number](...args) === true;
    if (complete && endsByResult.has(name)) host.done(args[0]);
    return complete;
  } catch (error) {
    fail(name, args[0], error);
    return true;
  }
}

// fail reports the exception of a function that Linger has called, and ends its event.
function fail(name, event, error) {
  const id = ofEvents.has(name) ? event : 0;
  host.threw(id, exceptionOf(error), []);
  if (id !== 0) host.done(id);
}
