import { define } from "web/define.js";
import { expose, host } from "web/host.js";
import { globalTarget, hasListeners } from "web/target.js";

// The events that happen to an application, beside install and activate.
const events = ["fetch", "websocketupgrade", "websocketmessage", "websocketpeerclose", "websocketdrain", "websocketclose"];
const known = new Set([...events, "install", "activate"]);

// Listeners to other events wait for what the script dispatches itself, or for nothing: Go judges by the name, and has the
// place from the stack.
define(globalThis, {
  addEventListener(...args) {
    globalTarget.addEventListener(...args);
    const type = String(args[0]);
    if (!known.has(type)) host.listened(type, new Error().stack);
  },
});

// listening returns the events that something listens to.
expose("listening", () => events.filter((type) => hasListeners(globalTarget, type)));
