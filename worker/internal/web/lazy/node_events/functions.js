import { EventTarget, inspect, listenersOf } from "shared";
import { abortError, nodeError } from "lazy/node_errors";
import { checkLimit, EventEmitter, rawListeners } from "./emitter.js";

const isEmitter = (value) => typeof value?.on === "function" && typeof value.removeListener === "function";

function neither(value) {
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `expected an EventEmitter or an EventTarget, but got ${inspect(value)}`);
}

// listen adds a listener to an emitter or a target, and returns a function that removes it.
function listen(emitter, type, listener, once = false) {
  if (isEmitter(emitter)) {
    emitter[once ? "once" : "on"](type, listener);
    return () => emitter.removeListener(type, listener);
  }
  if (typeof emitter?.addEventListener !== "function") throw neither(emitter);
  emitter.addEventListener(type, listener, { once });
  return () => emitter.removeEventListener(type, listener);
}

// once returns a promise of the arguments of the next event.
export async function once(emitter, type, { signal } = {}) {
  if (signal?.aborted) throw abortError(signal);
  return new Promise((resolve, reject) => {
    const removers = [];
    const finish = (settle, value) => {
      for (const remove of removers) remove();
      settle(value);
    };
    removers.push(listen(emitter, type, (...args) => finish(resolve, args), true));
    if (type !== "error" && isEmitter(emitter)) removers.push(listen(emitter, "error", (error) => finish(reject, error), true));
    if (signal) removers.push(listen(signal, "abort", () => finish(reject, abortError(signal)), true));
  });
}

// on returns an asynchronous iterator of the arguments of all events.
export function on(emitter, type, { signal, close = [] } = {}) {
  if (signal?.aborted) throw abortError(signal);
  const events = [];
  const waiting = []; // the promises of calls of next
  let failure;
  let finished = false;
  const removers = [];
  const finish = () => {
    finished = true;
    for (const remove of removers.splice(0)) remove();
    for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
  };
  const fail = (error) => {
    if (waiting.length > 0) waiting.shift().reject(error);
    else failure = { error };
    finish();
  };
  const receive = (...args) => {
    if (waiting.length > 0) waiting.shift().resolve({ value: args, done: false });
    else events.push(args);
  };
  removers.push(listen(emitter, type, receive));
  if (type !== "error" && isEmitter(emitter)) removers.push(listen(emitter, "error", fail));
  for (const name of close) removers.push(listen(emitter, name, finish));
  if (signal) removers.push(listen(signal, "abort", () => fail(abortError(signal)), true));
  return {
    async next() {
      if (events.length > 0) return { value: events.shift(), done: false };
      if (failure) {
        const { error } = failure;
        failure = undefined;
        throw error;
      }
      if (finished) return { value: undefined, done: true };
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    async return() {
      events.length = 0;
      finish();
      return { value: undefined, done: true };
    },
    async throw(error) {
      fail(error);
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export function getEventListeners(emitter, type) {
  if (isEmitter(emitter)) return rawListeners(emitter, type).map((listener) => listener.listener ?? listener);
  if (emitter instanceof EventTarget) return (listenersOf(emitter)[type] ?? []).map(({ callback }) => callback);
  throw neither(emitter);
}

export function listenerCount(emitter, type) {
  return isEmitter(emitter) ? emitter.listenerCount(type) : getEventListeners(emitter, type).length;
}

// The limits of targets, which are never exceeded: only emitters warn.
const limits = new WeakMap();

export function getMaxListeners(emitter) {
  if (typeof emitter?.getMaxListeners === "function") return emitter.getMaxListeners();
  if (emitter instanceof EventTarget) return limits.get(emitter) ?? EventEmitter.defaultMaxListeners;
  throw neither(emitter);
}

export function setMaxListeners(n = EventEmitter.defaultMaxListeners, ...emitters) {
  checkLimit(n);
  if (emitters.length === 0) EventEmitter.defaultMaxListeners = n;
  for (const emitter of emitters) {
    if (typeof emitter?.setMaxListeners === "function") emitter.setMaxListeners(n);
    else if (emitter instanceof EventTarget) limits.set(emitter, n);
    else throw neither(emitter);
  }
}

export function addAbortListener(signal, listener) {
  if (signal.aborted) queueMicrotask(() => listener());
  else signal.addEventListener("abort", listener, { once: true });
  return {
    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: () => signal.removeEventListener("abort", listener),
  };
}
