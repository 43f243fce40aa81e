import { enterTrace } from "web/trace.js";
import { host } from "web/host.js";
import { settings } from "./settings.js";

// traced calls a function, which begins the handling of an event, in the trace context of the event.
export function traced(id, fn, ...args) {
  const trace = settings.tracing && id !== 0 ? host.trace(id) : undefined;
  return trace === undefined ? fn(...args) : enterTrace(trace, fn, ...args);
}
