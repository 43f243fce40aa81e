import { define } from "web/define.js";
import { expose, host } from "web/host.js";
import { notePosition } from "web/position.js";
import { globalTarget, hasListeners } from "web/target.js";

// The events of an application, except install and activate.
const events = ["fetch", "scheduled", "websocketupgrade", "websocketmessage", "websocketpeerclose", "websocketdrain", "websocketpresence", "websocketclose"];
const known = new Set([...events, "install", "activate", "error", "unhandledrejection", "rejectionhandled"]);

// A listener for another event is called only if the script dispatches that itself. Go gets its type and the stack, so that
// it can warn of misspelt names with their position.
define(globalThis, {
  addEventListener(...args) {
    globalTarget.addEventListener(...args);
    notePosition(args[1]);
    const type = String(args[0]);
    if (!known.has(type)) host.listened(type, new Error().stack);
  },
});

// listening returns the types of events that have listeners.
expose("listening", () => events.filter((type) => hasListeners(globalTarget, type)));
