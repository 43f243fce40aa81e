import { addStep, expect, isAbortSignal, optionsOf, removeStep, startTimer } from "shared";

// scheduler has the function wait of Cloudflare Workers. The other functions of the Prioritized Task Scheduling API do not exist.
export const scheduler = Object.defineProperty(
  {
    // wait returns a promise that is fulfilled after a delay in milliseconds, and rejected when the signal aborts.
    async wait(delay, options = undefined) {
      expect(arguments.length, 1, "scheduler.wait");
      const { signal } = optionsOf(options, "scheduler.wait");
      if (signal === undefined) return new Promise((resolve) => startTimer(resolve, delay));
      if (!isAbortSignal(signal)) throw new TypeError("scheduler.wait expects an AbortSignal as its signal");
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers();
      const abort = () => reject(signal.reason);
      addStep(signal, abort);
      startTimer(() => {
        removeStep(signal, abort);
        resolve();
      }, delay);
      return promise;
    },
  },
  Symbol.toStringTag,
  { value: "Scheduler", configurable: true },
);
