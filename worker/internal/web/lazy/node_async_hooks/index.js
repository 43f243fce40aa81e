import { callIn, capture, context, follow, withStores } from "shared";
import { checkFunction, wrongType } from "lazy/node_errors";

// The stores are undefined, or a Map with the store of each AsyncLocalStorage, which is never changed.
follow();
const storesNow = () => capture()?.stores;

// runWith calls fn with other stores. The owner of the code stays the same.
const runWith = (stores, fn, self, args) => callIn(withStores(stores), fn, self, ...args);

// changed returns the present stores with another store.
function changed(storage, store) {
  const next = new Map(storesNow());
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
    const captured = storesNow();
    return (fn, ...args) => runWith(captured, fn, undefined, args);
  }

  get name() {
    return this.#name;
  }

  run(store, fn, ...args) {
    checkFunction(fn, "callback");
    return runWith(changed(this, store), fn, undefined, args);
  }

  exit(fn, ...args) {
    checkFunction(fn, "callback");
    return runWith(changed(this, none), fn, undefined, args);
  }

  enterWith(store) {
    context(withStores(changed(this, store)));
  }

  disable() {
    context(withStores(changed(this, none)));
  }

  getStore() {
    const stores = storesNow();
    return stores?.has(this) ? stores.get(this) : this.#default;
  }
}

let lastId = 1;

class AsyncResource {
  #stores = storesNow();
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
    const captured = this.#stores;
    const bound = function (...args) {
      return runWith(captured, fn, self === undefined ? this : self, args);
    };
    Object.defineProperty(bound, "length", { value: fn.length, configurable: true });
    return bound;
  }

  runInAsyncScope(fn, self, ...args) {
    return runWith(this.#stores, fn, self, args);
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
