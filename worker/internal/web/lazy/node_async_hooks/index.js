import { bindTimers, context, followContext } from "shared";
import { checkFunction, wrongType } from "lazy/node_errors";

// The context is undefined, or a Map with the store of each AsyncLocalStorage, which is never changed.
followContext(Symbol("async context"));
bindTimers((callback) => {
  const captured = context();
  return captured === undefined ? callback : (...args) => runIn(captured, callback, globalThis, args);
});

// runIn calls fn with another context.
function runIn(next, fn, self, args) {
  const previous = context(next);
  try {
    return Reflect.apply(fn, self, args);
  } finally {
    context(previous);
  }
}

// changed returns the present context with another store.
function changed(storage, store) {
  const next = new Map(context());
  if (store === none) next.delete(storage);
  else next.set(storage, store);
  return next.size > 0 ? next : undefined;
}

const none = Symbol("no store");

class AsyncLocalStorage {
  #default;
  #name;

  constructor({ defaultValue, name = "" } = {}) {
    this.#default = defaultValue;
    this.#name = name;
  }

  static bind(fn) {
    return AsyncResource.bind(fn);
  }

  static snapshot() {
    const captured = context();
    return (fn, ...args) => runIn(captured, fn, undefined, args);
  }

  get name() {
    return this.#name;
  }

  run(store, fn, ...args) {
    checkFunction(fn, "callback");
    return runIn(changed(this, store), fn, undefined, args);
  }

  exit(fn, ...args) {
    checkFunction(fn, "callback");
    return runIn(changed(this, none), fn, undefined, args);
  }

  enterWith(store) {
    context(changed(this, store));
  }

  disable() {
    context(changed(this, none));
  }

  getStore() {
    const stores = context();
    return stores?.has(this) ? stores.get(this) : this.#default;
  }
}

let lastId = 1;

class AsyncResource {
  #context = context();
  #id = ++lastId;

  constructor(type, options) {
    if (typeof type !== "string") throw wrongType("type", "a string", type);
  }

  static bind(fn, type, self) {
    checkFunction(fn, "fn");
    return new AsyncResource(type ?? (fn.name || "bound-anonymous-fn")).bind(fn, self);
  }

  bind(fn, self) {
    checkFunction(fn, "fn");
    const captured = this.#context;
    const bound = function (...args) {
      return runIn(captured, fn, self === undefined ? this : self, args);
    };
    Object.defineProperty(bound, "length", { value: fn.length, configurable: true });
    return bound;
  }

  runInAsyncScope(fn, self, ...args) {
    return runIn(this.#context, fn, self, args);
  }

  emitDestroy() {
    return this;
  }
  asyncId() {
    return this.#id;
  }
  triggerAsyncId() {
    return 1;
  }
}

// Hooks are never called, as in Workers.
const createHook = () => ({
  enable() {
    return this;
  },
  disable() {
    return this;
  },
});

export const module = {
  AsyncLocalStorage, AsyncResource, createHook,
  executionAsyncId: () => 1,
  executionAsyncResource: () => ({}),
  triggerAsyncId: () => 1,
};
