import { callIn, context, followContext } from "./host.js";

// The context of the code that runs follows it through awaits, promises, timers, and the answers of Go to its requests. It is
// undefined, or an object that is never changed:
//
//   owner    the Owner that the code belongs to, or undefined
//   section  the critical section of the owner that the code is part of, or undefined
//   stores   a Map with the store of each AsyncLocalStorage, or undefined
//   trace    the trace context, as the values of traceparent and tracestate, or undefined
//
// Code of a context whose owner has ended does not go on, and its callbacks are not called.
//
// Contexts cost nothing until the first one is used.
let following = false;

// follow makes contexts follow promises.
export function follow() {
  if (following) return;
  following = true;
  followContext(Symbol("async context"));
}

// capture returns the present context.
export const capture = () => (following ? context() : undefined);

// current returns the Owner of the code that runs, or undefined.
export const current = () => (following ? context()?.owner : undefined);

// outside calls a function without a context.
export const outside = (fn, ...args) => (following ? callIn(undefined, fn, undefined, ...args) : fn(...args));

// enter calls a function in the context of an Owner, and returns its result.
export function enter(owner, fn, ...args) {
  follow();
  return callIn(owner.context ?? { owner }, fn, undefined, ...args);
}

// withStores returns the present context with other stores.
export function withStores(stores) {
  const now = context();
  const { owner, section, trace } = now ?? {};
  return owner === undefined && stores === undefined && trace === undefined ? undefined : { owner, section, stores, trace };
}

// resume calls a function in a context that was captured, when the owner lets code of the context run. It is not called if the owner has
// ended. Exceptions of the function are not passed to the caller in every case.
export function resume(captured, fn, ...args) {
  if (captured === undefined) fn(...args);
  else if (captured.owner === undefined) callIn(captured, fn, undefined, ...args);
  else captured.owner.pass(captured, fn, args);
}

// begin returns an operation, such as a timer or a request, which causes calls of callbacks later: in the present context, as resume does.
// The owner is kept awake until the operation has ended. If the owner ends first, it calls cancel with the reason.
export function begin(cancel) {
  const captured = capture();
  return captured === undefined ? free : new Operation(captured, cancel);
}

export class Operation {
  #context;
  #cancel;

  constructor(captured, cancel) {
    this.#context = captured;
    this.#cancel = cancel;
    captured.owner?.hold(this);
  }

  // owned is whether the operation belongs to an Owner.
  get owned() {
    return this.#context.owner !== undefined;
  }

  // refused is whether the owner had ended before the operation began, which must not start then.
  get refused() {
    return this.#context.owner?.ended ?? false;
  }

  // reason is that of the end of the owner.
  get reason() {
    return this.#context.owner?.reason;
  }

  // step calls a callback, and more may follow.
  step(fn, ...args) {
    resume(this.#context, fn, ...args);
  }

  // end ends the operation, and calls the last callback, if there is one.
  end(fn, ...args) {
    this.#context.owner?.release(this);
    if (fn !== undefined) resume(this.#context, fn, ...args);
  }

  // cancel is called by the owner.
  cancel(reason) {
    this.#cancel(reason);
  }
}

// free is the operation of code without a context.
export const free = {
  owned: false,
  refused: false,
  reason: undefined,
  step: (fn, ...args) => fn(...args),
  end: (fn, ...args) => void fn?.(...args),
};
