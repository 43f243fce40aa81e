import { define } from "web/define.js";
import { expose } from "web/host.js";
import { defineBindings } from "./bindings.js";

// The settings of the application, which Go sets before its code runs.
export const settings = {
  halfOpen: false, // WebSocket objects are in half-open mode: the script answers a peer's Close
  binaryType: "blob", // the binaryType of new WebSockets
  undated: false, // there is no compatibility date, so the binary type that the script expects is unknown
  overlap: false, // the next event does not wait for the promises of the last one
  tracing: false, // the code of an event runs in its trace context
  reload: "stay", // the default of the option reload of accept
  bound: 30000, // how long a WebSocket waits for the script to accept it, to close its half, or to handle a message, in ms
};

// env contains the variables of the application. It is the same object as a global, in modules and for a default export.
export const env = {};
define(globalThis, { env });

expose("configure", (halfOpen, binaryType, overlap, bound, variables, bindings, undated, reload, tracing) => {
  Object.assign(settings, { halfOpen, binaryType, overlap, bound, undated, reload, tracing });
  Object.defineProperties(env, Object.getOwnPropertyDescriptors(JSON.parse(variables))); // a variable may have the name __proto__
  defineBindings(env, JSON.parse(bindings));
});
