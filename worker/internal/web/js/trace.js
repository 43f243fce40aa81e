import { capture, follow } from "./context.js";
import { callIn } from "./host.js";

// enterTrace calls a function with a trace context, which follows its code: the values of traceparent and tracestate.
export function enterTrace(trace, fn, ...args) {
  follow();
  return callIn({ ...capture(), trace }, fn, undefined, ...args);
}

// propagate adds the trace context of the code that runs to the headers of a request, unless they have one (W3C Trace Context, section
// 3.2).
export function propagate(headers) {
  const trace = capture()?.trace;
  if (trace === undefined || headers.has("traceparent")) return;
  const [parent, state] = trace;
  headers.set("traceparent", parent);
  if (state !== "") headers.set("tracestate", state);
}

// isTraced reports whether the code that runs has a trace context.
export const isTraced = () => capture()?.trace !== undefined;
