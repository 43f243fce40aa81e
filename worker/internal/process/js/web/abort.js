import { removeListener, useSignals } from "./target.js";

export const { AbortController, AbortSignal } = globalThis;

export const isAbortSignal = (value) => value instanceof AbortSignal;

// addStep registers a function that is called when the signal aborts. removeStep removes it.
export const addStep = (signal, step) => signal.addEventListener("abort", step, { once: true });
export const removeStep = (signal, step) => signal.removeEventListener("abort", step);

useSignals({
  isSignal: isAbortSignal,
  addListener(signal, listener) {
    const step = () => removeListener(listener);
    addStep(signal, step);
    return step;
  },
  removeListener: removeStep,
});
