import { expect, tag } from "./define.js";
import { Event, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { lazy } from "./lazy.js";
import { reportError } from "./report.js";

// listenersOf returns the listeners of a target by type. The array of a type is replaced and never changed, so that a
// dispatch in progress is not affected by changes.
export let listenersOf;

// onListenersChange(target, function) sets a function that is called with the target after each change of its listeners.
export let onListenersChange;

let notifyChange, handlersOf;

// signals are functions of abort.js, which imports this module: isSignal(value); addListener(signal, listener), which makes
// the signal call removeListener when it aborts, and returns a reference; removeListener(signal, reference).
let signals;
export function useSignals(functions) {
  signals = functions;
}

export class EventTarget {
  #listeners = { __proto__: null };
  #more; // undefined, or an object with the handlers of attributes such as onmessage, { value, listener } by type, and the
  // function of onListenersChange

  static {
    listenersOf = (target) => target.#listeners;
    // Not a WeakMap: the engine does not collect values in one that refer to their key, as most handlers do.
    handlersOf = (target) => ((target.#more ??= {}).handlers ??= { __proto__: null });
    onListenersChange = (target, callback) => {
      (target.#more ??= {}).onChange = callback;
    };
    notifyChange = (target) => target.#more?.onChange?.(target);
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

// dispatchByScript implements dispatchEvent. Events that a script dispatches are not trusted.
export function dispatchByScript(target, event, self) {
  if (!(event instanceof Event)) {
    throw new TypeError("dispatchEvent expects an Event");
  }
  const state = stateOf(event);
  if (state.dispatching) {
    throw new DOMException("The event is already being dispatched", "InvalidStateError");
  }
  state.trusted = false;
  return dispatch(target, event, self);
}

tag(EventTarget);

const captureOf = (options) => Boolean(typeof options === "object" && options !== null ? options.capture : options);

// find returns a listener, or undefined.
function find(target, type, callback, capture) {
  return listenersOf(target)[type]?.find((l) => l.callback === callback && l.capture === capture);
}

// add implements addEventListener.
function add(target, type, callback, options) {
  const listeners = listenersOf(target);
  const settings = typeof options === "object" && options !== null ? options : {};
  const { once, passive, signal } = settings;
  if (signal !== undefined && !signals.isSignal(signal)) {
    throw new TypeError("addEventListener expects an AbortSignal as its signal");
  }
  if (callback === null || callback === undefined) return;
  if (typeof callback !== "function" && typeof callback !== "object") {
    throw new TypeError("addEventListener expects a function, or an object with a method handleEvent, as its listener");
  }
  const capture = captureOf(options);
  if (signal?.aborted || find(target, type, callback, capture)) return;
  const listener = { type, callback, capture, once: Boolean(once), passive: Boolean(passive), removed: false };
  listeners[type] = [...(listeners[type] ?? []), listener];
  if (signal) Object.assign(listener, { target, signal, ref: signals.addListener(signal, listener) });
  notifyChange(target);
}

// removeListener removes a listener that was added with a signal.
export const removeListener = (listener) => remove(listener.target, listener);

function remove(target, listener) {
  const listeners = listenersOf(target);
  listener.removed = true;
  if (listener.signal) signals.removeListener(listener.signal, listener.ref);
  const rest = (listeners[listener.type] ?? []).filter((l) => l !== listener);
  if (rest.length > 0) listeners[listener.type] = rest;
  else delete listeners[listener.type];
  notifyChange(target);
}

// hasListeners reports whether a target has listeners for a type of event.
export function hasListeners(target, type) {
  return type in listenersOf(target);
}

// The default hooks ignore the results of listeners and report their exceptions.
const noHooks = {
  onResult() {},
  onError(event, error) {
    reportError(error);
  },
};

// dispatch calls the listeners of an event in order, and returns false if the event was canceled. After an exception of a
// listener the others are still called.
//   self            the target that listeners see, by default target
//   hooks.onResult  called with the event and the result of a listener, unless that is undefined
//   hooks.onError   called with the event and the exception of a listener
//   state           the State of the event
export function dispatch(target, event, self = target, hooks = noHooks, state = stateOf(event)) {
  const listeners = (target === globalTarget ? globalListeners : listenersOf(target))[state.type];
  const count = listeners === undefined || state.stopped ? 0 : listeners.length;
  if (state.target !== self) state.target = self;
  state.current = self;
  // Not a for-of loop: an iterator costs more than a listener, and a script can replace it.
  for (let i = 0; i < count && !state.stoppedImmediately; i++) {
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
  if (state.stoppedImmediately) state.stoppedImmediately = false;
  return !state.canceled;
}

// handle calls the method handleEvent of a listener that is an object.
function handle(callback, event, state) {
  const { handleEvent } = callback;
  if (typeof handleEvent !== "function") {
    throw new TypeError(`The listener of "${state.type}" is an object without a method handleEvent`);
  }
  return handleEvent.call(callback, event);
}

// handlerAttribute defines an event handler attribute such as onmessage.
//   target  the target that has the handler, by default the object itself
//   call    calls the handler
export function handlerAttribute(prototype, type, target, call = (handler, event, self) => handler.call(self, event)) {
  Object.defineProperty(prototype, "on" + type, {
    configurable: true,
    enumerable: true,
    get() {
      return handlersOf(target ?? this)[type]?.value ?? null;
    },
    set(value) {
      const owner = target ?? this;
      const handlers = handlersOf(owner);
      const isHandler = typeof value === "function";
      const handler = handlers[type];
      if (handler && isHandler) {
        handler.value = value;
      } else if (handler) {
        delete handlers[type];
        owner.removeEventListener(type, handler.listener);
      } else if (isHandler) {
        const fresh = { value, listener: (event) => call(fresh.value, event, owner) };
        handlers[type] = fresh;
        owner.addEventListener(type, fresh.listener);
      }
    },
  });
}

// globalTarget has the listeners of the global object, which is not an EventTarget itself. For dispatch on it self must be
// globalThis.
export const globalTarget = new EventTarget();
const globalListeners = listenersOf(globalTarget);

// listenersTo returns the listeners of the global object for a type of event.
export const listenersTo = (type) => globalListeners[type] ?? [];

let globalListenersChanged = () => {};

// onGlobalListenersChange sets a function that is called after each change of the listeners of the global object.
export function onGlobalListenersChange(callback) {
  globalListenersChanged = callback;
}

// Rejections are passed to the script only while there are listeners for them.
let watching = false;
onListenersChange(globalTarget, () => {
  globalListenersChanged();
  const wanted = hasListeners(globalTarget, "unhandledrejection") || hasListeners(globalTarget, "rejectionhandled");
  if (wanted !== watching) lazy("errors").watchRejections((watching = wanted));
});
