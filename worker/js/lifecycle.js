import { expose, host } from "web/host.js";
import { ExtendableEvent } from "./extendable.js";
import { run } from "./run.js";

// install and activate are dispatched once for each version of the application, before its first connection. Go waits for
// the promises that their listeners pass to waitUntil.
expose("lifecycle", (id, type) => {
  run(id, new ExtendableEvent(type), () => host.done(id));
});
