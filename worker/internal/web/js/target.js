import { expect, tag } from "./define.js";
import { Event, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { reportError } from "./report.js";

// Each type has an array of listeners that is replaced, never changed, so that a dispatch under way keeps its own.
let listenersOf;

// abortSteps gives the steps that an AbortSignal runs when it aborts, undefined for anything else. abort.js sets it,
// since it needs this module itself.
let abortSteps;
export function watchAborts(stepsOf) {
  abortSteps = stepsOf;
}

export class EventTarget {
  #listeners = new Map();

  static {
    listenersOf = (target) => target.#listeners;
  }

  addEventListener(type, callback, options) {
    expect(arguments.length, 2, "addEventListener");
    add(this, String(type), callback, options);
  }

  removeEventListener(type, callback, options) {
    expect(arguments.length, 2, "removeEventListener");
    const found = find(this, String(type), callback, captureOf(options));
    if (found) remove(this, found);
  }

  dispatchEvent(event) {
    return dispatchByScript(this, event, this);
  }
}

// dispatchByScript is dispatchEvent: what a script dispatches is not trusted.
export function dispatchByScript(target, event, self) {
  if (!(event instanceof Event)) {
    throw new TypeError("dispatchEvent expects an Event");
  }
  const state = stateOf(event);
  if (state.dispatching) {
    throw new DOMException("The event is being dispatched already", "InvalidStateError");
  }
  state.trusted = false;
  return dispatch(target, event, { self });
}

tag(EventTarget);

const captureOf = (options) => Boolean(typeof options === "object" && options !== null ? options.capture : options);

function find(target, type, callback, capture) {
  return listenersOf(target).get(type)?.find((l) => l.callback === callback && l.capture === capture);
}

function add(target, type, callback, options) {
  const listeners = listenersOf(target);
  const settings = typeof options === "object" && options !== null ? options : {};
  const { signal } = settings;
  if (signal !== undefined && abortSteps(signal) === undefined) {
    throw new TypeError("addEventListener expects an AbortSignal as its signal");
  }
  if (callback === null || callback === undefined) return;
  if (typeof callback !== "function" && typeof callback !== "object") {
    throw new TypeError("addEventListener expects a function, or an object with a method handleEvent, as its listener");
  }
  const capture = captureOf(options);
  if (signal?.aborted || find(target, type, callback, capture)) return;
  const listener = { type, callback, capture, once: Boolean(settings.once), passive: Boolean(settings.passive), removed: false };
  listeners.set(type, [...(listeners.get(type) ?? []), listener]);
  if (signal) {
    listener.steps = abortSteps(signal);
    listener.step = () => remove(target, listener);
    listener.steps.add(listener.step);
  }
}

function remove(target, listener) {
  const listeners = listenersOf(target);
  listener.removed = true;
  listener.steps?.delete(listener.step);
  const rest = (listeners.get(listener.type) ?? []).filter((l) => l !== listener);
  if (rest.length > 0) listeners.set(listener.type, rest);
  else listeners.delete(listener.type);
}

// hasListeners tells whether anything listens to a type of event.
export function hasListeners(target, type) {
  return listenersOf(target).has(type);
}

// dispatch calls the listeners of an event one after the other and tells whether its default was left alone. A
// listener that throws does not keep the others from running.
//   self      what listeners see as target, instead of target itself
//   onResult  called with what each listener returned, a promise for an async one
//   onError   called with what a listener threw; without it reportError is
export function dispatch(target, event, { self = target, onResult, onError = reportError } = {}) {
  const state = stateOf(event);
  state.target = state.current = self;
  state.dispatching = true;
  for (const listener of state.stopped ? [] : (listenersOf(target).get(state.type) ?? [])) {
    if (listener.removed) continue;
    if (listener.once) remove(target, listener);
    state.passive = listener.passive;
    try {
      const result = call(listener.callback, self, event);
      onResult?.(result);
    } catch (error) {
      onError(error);
    }
    if (state.stoppedAtOnce) break;
  }
  state.current = null;
  state.dispatching = state.passive = state.stopped = state.stoppedAtOnce = false;
  return !state.canceled;
}

function call(callback, self, event) {
  if (typeof callback === "function") return callback.call(self, event);
  const handle = callback.handleEvent;
  if (typeof handle !== "function") {
    throw new TypeError(`The listener of "${event.type}" is an object without a method handleEvent`);
  }
  return handle.call(callback, event);
}

// handlerAttribute adds an accessor such as onmessage, which holds at most one listener.
export function handlerAttribute(prototype, type) {
  const handlers = new WeakMap();
  Object.defineProperty(prototype, "on" + type, {
    configurable: true,
    enumerable: true,
    get() {
      return handlers.get(this)?.value ?? null;
    },
    set(value) {
      const isHandler = typeof value === "function";
      const handler = handlers.get(this);
      if (handler && isHandler) {
        handler.value = value;
      } else if (handler) {
        handlers.delete(this);
        this.removeEventListener(type, handler.listener);
      } else if (isHandler) {
        const fresh = { value, listener: (event) => fresh.value.call(this, event) };
        handlers.set(this, fresh);
        this.addEventListener(type, fresh.listener);
      }
    },
  });
}

// globalTarget keeps the listeners of the global object, which is no EventTarget by birth. Dispatch on it with
// self: globalThis.
export const globalTarget = new EventTarget();
