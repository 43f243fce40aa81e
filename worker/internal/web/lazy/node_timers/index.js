import { clearInterval, clearTimeout, setInterval, setTimeout } from "shared";
import { abortError, checkFunction } from "lazy/node_errors";

// Timers are numbers, as on all other platforms than Node: there is no ref and unref.
export function setImmediate(callback, ...args) {
  checkFunction(callback, "callback");
  return setTimeout(callback, 0, ...args);
}
export const clearImmediate = (id) => clearTimeout(id);

// wait returns a promise that start fulfills, and that rejects when the signal of the options aborts.
function wait(value, { signal } = {}, start) {
  if (signal?.aborted) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(id);
      reject(abortError(signal));
    };
    const id = start(() => {
      signal?.removeEventListener("abort", stop);
      resolve(value);
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

async function* every(delay, value, { signal } = {}) {
  let due = 0;
  let wake;
  const id = setInterval(() => {
    due++;
    wake?.();
  }, delay);
  const stop = () => wake?.();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      if (signal?.aborted) await wait(undefined, { signal });
      if (due === 0) await new Promise((resolve) => (wake = resolve));
      for (; due > 0; due--) yield value;
    }
  } finally {
    clearInterval(id);
    signal?.removeEventListener("abort", stop);
  }
}

export const promises = {
  setTimeout: (delay, value, options) => wait(value, options, (done) => setTimeout(done, delay)),
  setImmediate: (value, options) => wait(value, options, (done) => setTimeout(done, 0)),
  setInterval: every,
  scheduler: {
    wait: (delay, options) => wait(undefined, options, (done) => setTimeout(done, delay)),
    yield: () => wait(undefined, {}, (done) => setTimeout(done, 0)),
  },
};

const promisified = Symbol.for("nodejs.util.promisify.custom");
Object.defineProperty(setImmediate, promisified, { value: promises.setImmediate });

// promisify(setTimeout) has to find this property on the global functions as well.
for (const [fn, value] of [[setTimeout, promises.setTimeout], [setInterval, promises.setInterval]]) {
  Object.defineProperty(fn, promisified, { value, configurable: true });
}

export const module = { clearImmediate, clearInterval, clearTimeout, promises, setImmediate, setInterval, setTimeout };
