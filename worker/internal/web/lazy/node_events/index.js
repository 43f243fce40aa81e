import { lazy } from "shared";
import { addAbortListener, getEventListeners, getMaxListeners, listenerCount, on, once, setMaxListeners } from "./functions.js";
import { EventEmitter } from "./emitter.js";

Object.assign(EventEmitter, {
  EventEmitter,
  addAbortListener, getEventListeners, getMaxListeners, listenerCount, on, once, setMaxListeners,
  usingDomains: false,
});

// EventEmitterAsyncResource needs AsyncResource, whose module loads this one.
let withResource;
Object.defineProperty(EventEmitter, "EventEmitterAsyncResource", {
  configurable: true,
  enumerable: true,
  get: () => (withResource ??= resourceClass()),
});

function resourceClass() {
  const { AsyncResource } = lazy("node_async_hooks").module;
  return class EventEmitterAsyncResource extends EventEmitter {
    #resource;

    constructor(options = {}) {
      super(options);
      const { name = new.target.name } = typeof options === "string" ? { name: options } : options;
      this.#resource = new AsyncResource(name);
    }

    get asyncResource() {
      return this.#resource;
    }

    emit(type, ...args) {
      return this.#resource.runInAsyncScope(() => super.emit(type, ...args));
    }
  };
}

export { EventEmitter };
export { EventEmitter as module };
