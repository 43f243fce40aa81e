import { inspect } from "shared";
import { nodeError } from "lazy/node_errors";

const errorMonitor = Symbol("events.errorMonitor");
const captureRejectionSymbol = Symbol.for("nodejs.rejection");
const capturing = Symbol("events.captureRejections");

let defaultMaxListeners = 10;
let captureByDefault = false;

// EventEmitter is a function and not a class, as older packages call it with their own objects.
export function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.init = function (options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  if (options?.captureRejections) this[capturing] = true;
};

EventEmitter.errorMonitor = errorMonitor;
EventEmitter.captureRejectionSymbol = captureRejectionSymbol;
Object.defineProperties(EventEmitter, {
  defaultMaxListeners: {
    enumerable: true,
    get: () => defaultMaxListeners,
    set(n) {
      defaultMaxListeners = checkLimit(n, "defaultMaxListeners");
    },
  },
  captureRejections: {
    enumerable: true,
    get: () => captureByDefault,
    set(value) {
      if (typeof value !== "boolean") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", "captureRejections must be a boolean");
      captureByDefault = value;
    },
  },
});

export function checkLimit(n, name = "n") {
  if (typeof n !== "number" || !(n >= 0)) {
    throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `"${name}" must be a number that is not negative, but got ${inspect(n)}`);
  }
  return n;
}

function checkListener(listener) {
  if (typeof listener !== "function") {
    throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "listener" argument must be a function, but got ${inspect(listener)}`);
  }
}

const proto = EventEmitter.prototype;
proto._events = undefined;
proto._eventsCount = 0;
proto._maxListeners = undefined;

proto.setMaxListeners = function setMaxListeners(n) {
  this._maxListeners = checkLimit(n);
  return this;
};

proto.getMaxListeners = function getMaxListeners() {
  return this._maxListeners ?? defaultMaxListeners;
};

proto.emit = function emit(type, ...args) {
  const events = this._events;
  if (type === "error") {
    if (events?.[errorMonitor]) this.emit(errorMonitor, ...args);
    if (!events?.error) throw unhandled(args[0]);
  }
  const listeners = events?.[type];
  if (!listeners) return false;
  for (const listener of typeof listeners === "function" ? [listeners] : [...listeners]) {
    const result = Reflect.apply(listener, this, args);
    if (result !== undefined && result !== null && (captureByDefault || this[capturing])) capture(this, result, type, args);
  }
  return true;
};

// unhandled returns what emit throws for an event "error" without listeners.
function unhandled(error) {
  if (error instanceof Error) return error;
  const wrapped = nodeError(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${typeof error === "string" ? error : inspect(error)})`);
  wrapped.context = error;
  return wrapped;
}

// capture passes the rejection of a listener's promise to the emitter.
function capture(emitter, promise, type, args) {
  if (typeof promise.then !== "function") return;
  promise.then(undefined, (error) => {
    queueMicrotask(() => {
      if (typeof emitter[captureRejectionSymbol] === "function") {
        emitter[captureRejectionSymbol](error, type, ...args);
        return;
      }
      const captures = emitter[capturing];
      try {
        emitter[capturing] = false;
        emitter.emit("error", error);
      } finally {
        emitter[capturing] = captures;
      }
    });
  });
}

function add(emitter, type, listener, prepend) {
  checkListener(listener);
  if (emitter._events === undefined) {
    emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (emitter._events.newListener !== undefined) {
    emitter.emit("newListener", type, listener.listener ?? listener);
  }
  const existing = emitter._events[type];
  if (existing === undefined) {
    emitter._events[type] = listener;
    emitter._eventsCount++;
    return emitter;
  }
  const list = typeof existing === "function" ? (emitter._events[type] = [existing]) : existing;
  if (prepend) list.unshift(listener);
  else list.push(listener);
  warn(emitter, type, list);
  return emitter;
}

// warn prints a warning once if an event has suspiciously many listeners.
function warn(emitter, type, list) {
  const limit = emitter.getMaxListeners();
  if (limit <= 0 || list.length <= limit || list.warned) return;
  list.warned = true;
  console.warn(
    `MaxListenersExceededWarning: ${list.length} ${String(type)} listeners have been added to ${emitter.constructor?.name}: ` +
      `if this is not a leak, raise the limit of ${limit} with emitter.setMaxListeners()`,
  );
}

proto.addListener = proto.on = function on(type, listener) {
  return add(this, type, listener, false);
};

proto.prependListener = function prependListener(type, listener) {
  return add(this, type, listener, true);
};

// onlyOnce returns a function that removes itself from the emitter and calls listener.
function onlyOnce(emitter, type, listener) {
  checkListener(listener);
  let called = false;
  const wrapper = (...args) => {
    if (called) return undefined;
    called = true;
    emitter.removeListener(type, wrapper);
    return Reflect.apply(listener, emitter, args);
  };
  wrapper.listener = listener;
  return wrapper;
}

proto.once = function once(type, listener) {
  return this.on(type, onlyOnce(this, type, listener));
};

proto.prependOnceListener = function prependOnceListener(type, listener) {
  return this.prependListener(type, onlyOnce(this, type, listener));
};

proto.removeListener = proto.off = function removeListener(type, listener) {
  checkListener(listener);
  const existing = this._events?.[type];
  if (existing === undefined) return this;
  const list = typeof existing === "function" ? [existing] : existing;
  const at = list.findLastIndex((other) => other === listener || other.listener === listener);
  if (at < 0) return this;
  const [removed] = list.splice(at, 1);
  if (list.length === 0) forget(this, type);
  if (this._events.removeListener !== undefined) this.emit("removeListener", type, removed.listener ?? listener);
  return this;
};

function forget(emitter, type) {
  delete emitter._events[type];
  emitter._eventsCount--;
}

proto.removeAllListeners = function removeAllListeners(type) {
  const events = this._events;
  if (events === undefined) return this;
  if (events.removeListener === undefined) {
    if (arguments.length > 0) {
      if (events[type] !== undefined) forget(this, type);
    } else {
      this._events = { __proto__: null };
      this._eventsCount = 0;
    }
    return this;
  }
  if (arguments.length === 0) {
    for (const key of Reflect.ownKeys(events)) if (key !== "removeListener") this.removeAllListeners(key);
    this.removeAllListeners("removeListener");
    return this;
  }
  for (const listener of rawListeners(this, type).reverse()) this.removeListener(type, listener);
  return this;
};

export function rawListeners(emitter, type) {
  const existing = emitter._events?.[type];
  if (existing === undefined) return [];
  return typeof existing === "function" ? [existing] : [...existing];
}

proto.listeners = function listeners(type) {
  return rawListeners(this, type).map((listener) => listener.listener ?? listener);
};

proto.rawListeners = function (type) {
  return rawListeners(this, type);
};

proto.listenerCount = function listenerCount(type, listener) {
  const list = rawListeners(this, type);
  return listener ? list.filter((other) => other === listener || other.listener === listener).length : list.length;
};

proto.eventNames = function eventNames() {
  return this._events === undefined ? [] : Reflect.ownKeys(this._events);
};
