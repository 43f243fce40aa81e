import { AsyncLocalStorage } from "node:async_hooks";
import { expose, host } from "process/host_wire.js";

// host has the functions of Linger, and those that the child has itself. expose makes a function available to Linger.
export { expose, host };

// The constructor of Given returns its argument, so that the fields of a subclass are added to that.
class Given {
  constructor(object) {
    return object;
  }
}

class EventContent extends Given {
  #content;

  constructor(object, content) {
    super(object);
    this.#content = content;
  }

  static of(object) {
    return object.#content;
  }
  static isIn(object) {
    return #content in object;
  }
}

class ConnectionContent extends Given {
  #content;

  constructor(object, content) {
    super(object);
    this.#content = content;
  }

  static of(object) {
    return object.#content;
  }
}

export const EVENT = 1;
export const CONNECTION = 2;

// conceal(kind, prototype, content) creates an object with private content, and reveal(kind, object) returns the content.
export function conceal(kind, prototype, content) {
  const object = Object.create(prototype);
  if (kind === EVENT) new EventContent(object, content);
  else new ConnectionContent(object, content);
  return object;
}

export const reveal = (kind, object) => (kind === EVENT ? EventContent.of(object) : ConnectionContent.of(object));

// concealInEvent gives an event of the runtime private content, and isConcealed reports whether an event has any.
export const concealInEvent = (event, content) => void new EventContent(event, content);
export const isConcealed = (event) => EventContent.isIn(event);

// enumerate makes the members of a class or of its prototype enumerable.
export function enumerate(object) {
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (property.configurable && key !== "constructor" && key !== "name" && key !== "length") {
      Object.defineProperty(object, key, { ...property, enumerable: true });
    }
  }
}

// The async context. callIn(context, fn, self, ...args) calls a function in a context; context(value) returns the present one, and
// sets it if there is an argument. halt cannot end the code that runs: that goes on until it throws or returns.
let contexts;
export const followContext = () => {
  contexts ??= new AsyncLocalStorage();
};
export function context(...value) {
  if (value.length > 0) contexts.enterWith(value[0]);
  return contexts.getStore();
}
export const callIn = (value, fn, self, ...args) => contexts.run(value, () => Reflect.apply(fn, self, args));
export const halt = () => {};

const encoder = new TextEncoder();
const { then } = Promise.prototype;
let rejectionListener; // gets the rejections that no code handles, if the application listens to them

Object.assign(host, {
  now: () => performance.now(),
  encode: (text) => encoder.encode(text).buffer,
  decode: (label, bytes, final, fatal) => new TextDecoder(label, { fatal, ignoreBOM: true }).decode(bytes),
  // react calls settled(subject, failed, value) when a promise has settled. It returns false: whether the promise has already settled
  // cannot be known here.
  react(promise, settled, subject) {
    // These functions have no names, because giving a function its name costs more than the rest.
    Reflect.apply(then, promise, [(value) => settled(subject, false, value), (reason) => settled(subject, true, reason)]);
    return false;
  },
  watchRejections(listener) {
    rejectionListener = listener;
  },
});

// dispatchRejection dispatches the event of a rejection that no code handles or, with handled, of one that is handled late. It reports
// whether a listener has canceled the event.
export const dispatchRejection = (promise, reason, handled) => rejectionListener?.(promise, reason, handled) ?? false;
