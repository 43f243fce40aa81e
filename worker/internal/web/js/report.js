import { expect } from "./define.js";
import { lazy } from "./lazy.js";
import { globalTarget, hasListeners } from "./target.js";

// The reporter gets the exceptions of callbacks that the platform has called, which no script can catch. The default
// reporter makes them unhandled rejections.
let reporter = (error) => {
  Promise.reject(error);
};

export function setReporter(report) {
  reporter = report;
}

// dispatchError dispatches the error event at the global object, and reports whether a listener has canceled it.
export const dispatchError = (error) => hasListeners(globalTarget, "error") && lazy("errors").dispatchError(error);

export function reportError(error) {
  expect(arguments.length, 1, "reportError");
  if (!dispatchError(error)) reporter(error);
}
