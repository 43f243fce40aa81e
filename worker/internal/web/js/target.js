import { expect, tag } from "./define.js";
import { Event, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { reportError } from "./report.js";

// listenersOf gives the listeners of a target by type. Each type has an array that is replaced, never changed, so that a
// dispatch under way keeps its own.
let listenersOf;

// watch has a function called with the target after each change of a target's listeners.
export let watch;

let changed, handlersOf;

// signals is what this module needs of abort.js, which needs this module itself: isSignal(value); tie(signal, listener),
// which has removeListener called when the signal aborts, and returns a reference; untie(signal, reference).
let signals;
export function useSignals(functions) {
  signals = functions;
}

export class EventTarget {
  #listeners = { __proto__: null };
  #more; // what few targets have: handlers, of attributes such as onmessage, { value, listener } by type; and a watcher

  static {
    listenersOf = (target) => target.#listeners;
    // Not in a WeakMap: the engine does not collect a value there that leads to its key, as most handlers do.
    handlersOf = (target) => ((target.#more ??= {}).handlers ??= { __proto__: null });
    watch = (target, watcher) => {
      (target.#more ??= {}).watcher = watcher;
    };
    changed = (target) => target.#more?.watcher?.(target);
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
  return dispatch(target, event, self);
}

tag(EventTarget);

const captureOf = (options) => Boolean(typeof options === "object" && options !== null ? options.capture : options);

function find(target, type, callback, capture) {
  return listenersOf(target)[type]?.find((l) => l.callback === callback && l.capture === capture);
}

function add(target, type, callback, options) {
  const listeners = listenersOf(target);
  const settings = typeof options === "object" && options !== null ? options : {};
  const { signal } = settings;
  if (signal !== undefined && !signals.isSignal(signal)) {
    throw new TypeError("addEventListener expects an AbortSignal as its signal");
  }
  if (callback === null || callback === undefined) return;
  if (typeof callback !== "function" && typeof callback !== "object") {
    throw new TypeError("addEventListener expects a function, or an object with a method handleEvent, as its listener");
  }
  const capture = captureOf(options);
  if (signal?.aborted || find(target, type, callback, capture)) return;
  const listener = { type, callback, capture, once: Boolean(settings.once), passive: Boolean(settings.passive), removed: false };
  listeners[type] = [...(listeners[type] ?? []), listener];
  if (signal) Object.assign(listener, { target, signal, ref: signals.tie(signal, listener) });
  changed(target);
}

// removeListener removes a listener that was added with a signal.
export const removeListener = (listener) => remove(listener.target, listener);

function remove(target, listener) {
  const listeners = listenersOf(target);
  listener.removed = true;
  if (listener.signal) signals.untie(listener.signal, listener.ref);
  const rest = (listeners[listener.type] ?? []).filter((l) => l !== listener);
  if (rest.length > 0) listeners[listener.type] = rest;
  else delete listeners[listener.type];
  changed(target);
}

// hasListeners tells whether anything listens to a type of event.
export function hasListeners(target, type) {
  return type in listenersOf(target);
}

// Without hooks a listener's result is of no interest, and what it throws goes to reportError.
const noHooks = {
  onResult() {},
  onError(event, error) {
    reportError(error);
  },
};

// dispatch calls the listeners of an event one after the other and tells whether its default was left alone. A
// listener that throws does not keep the others from running.
//   self            what listeners see as target, instead of target itself
//   hooks.onResult  called with the event and what a listener returned, if it is not undefined: a promise for an async one
//   hooks.onError   called with the event and what a listener threw
//   state           of the event, if the caller has it at hand
export function dispatch(target, event, self = target, hooks = noHooks, state = stateOf(event)) {
  const listeners = (target === globalTarget ? globalListeners : listenersOf(target))[state.type];
  const count = listeners === undefined || state.stopped ? 0 : listeners.length;
  if (state.target !== self) state.target = self;
  state.current = self;
  // By index: an iterator costs more than a listener does, and is the script's to patch.
  for (let i = 0; i < count && !state.stoppedAtOnce; i++) {
    const listener = listeners[i];
    if (listener.removed) continue;
    if (listener.once) remove(target, listener);
    if (listener.passive !== state.passive) state.passive = listener.passive;
    const { callback } = listener;
    try {
      const result = typeof callback === "function" ? callback.call(self, event) : handle(callback, event, state);
      if (result !== undefined) hooks.onResult(event, result);
    } catch (error) {
      hooks.onError(event, error);
    }
  }
  state.current = null;
  if (state.passive) state.passive = false;
  if (state.stopped) state.stopped = false;
  if (state.stoppedAtOnce) state.stoppedAtOnce = false;
  return !state.canceled;
}

function handle(callback, event, state) {
  const { handleEvent } = callback;
  if (typeof handleEvent !== "function") {
    throw new TypeError(`The listener of "${state.type}" is an object without a method handleEvent`);
  }
  return handleEvent.call(callback, event);
}

// handlerAttribute adds an accessor such as onmessage, which holds at most one listener.
export function handlerAttribute(prototype, type) {
  Object.defineProperty(prototype, "on" + type, {
    configurable: true,
    enumerable: true,
    get() {
      return handlersOf(this)[type]?.value ?? null;
    },
    set(value) {
      const handlers = handlersOf(this);
      const isHandler = typeof value === "function";
      const handler = handlers[type];
      if (handler && isHandler) {
        handler.value = value;
      } else if (handler) {
        delete handlers[type];
        this.removeEventListener(type, handler.listener);
      } else if (isHandler) {
        const fresh = { value, listener: (event) => fresh.value.call(this, event) };
        handlers[type] = fresh;
        this.addEventListener(type, fresh.listener);
      }
    },
  });
}

// globalTarget keeps the listeners of the global object, which is no EventTarget by birth. Dispatch on it with
// self: globalThis.
export const globalTarget = new EventTarget();
const globalListeners = listenersOf(globalTarget);

// listenersTo returns the listeners of the global object to a type of event.
export const listenersTo = (type) => globalListeners[type] ?? [];
