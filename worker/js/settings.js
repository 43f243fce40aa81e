import { define } from "web/define.js";
import { expose } from "web/host.js";

// What Go tells of the application before its code runs.
export const settings = {
  halfOpen: false, // a peer's Close is answered by the script, unless it asks for more
  binaryType: "blob", // of new WebSockets
  undated: false, // no compatibility date says which binary type the script expects
  overlap: false, // the next event need not wait for the promises of the last
  reload: "stay", // what becomes of a connection when another version is loaded
  bound: 30000, // milliseconds that a WebSocket waits for the script: to accept it, to close its half, to be done with a message
};

// The variables of the application, the same object wherever it is given: as a global, to a default export, and by modules.
export const env = {};
define(globalThis, { env });

expose("configure", (halfOpen, binaryType, overlap, bound, variables, undated, reload) => {
  Object.assign(settings, { halfOpen, binaryType, overlap, bound, undated, reload });
  Object.defineProperties(env, Object.getOwnPropertyDescriptors(JSON.parse(variables))); // one may be named __proto__
});
