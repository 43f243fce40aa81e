import { ErrorEvent, stateOf } from "./event.js";
import { dispatch, globalTarget, hasListeners } from "./target.js";

// The reporter gets the exceptions of callbacks that the platform has called, which no script can catch. The default
// reporter makes them unhandled rejections.
let reporter = (error) => {
  Promise.reject(error);
};

export function setReporter(report) {
  reporter = report;
}

export function reportError(error) {
  if (!isCanceled(error)) reporter(error);
}

let dispatching = false;

// isCanceled dispatches the event error for an exception on the global object, and reports whether a listener has canceled
// it. Exceptions of these listeners cause no event (HTML Standard, section 8.1.4.6).
export function isCanceled(error) {
  if (dispatching || !hasListeners(globalTarget, "error")) return false;
  dispatching = true;
  try {
    const event = new ErrorEvent("error", { cancelable: true, message: messageOf(error), error });
    stateOf(event).trusted = true;
    return !dispatch(globalTarget, event, globalThis);
  } finally {
    dispatching = false;
  }
}

function messageOf(error) {
  try {
    return `Uncaught ${error}`;
  } catch {
    return "Uncaught exception";
  }
}
