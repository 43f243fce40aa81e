import { host } from "shared";

// Promises are expensive in the engine: each costs several objects, and a job for each reaction. The functions of this
// module do the same work with fewer of them, and do not depend on methods that a script may have changed.

const { react } = host;
export const { enqueue } = host;
export const { apply } = Reflect;

export const resolved = Promise.resolve.bind(Promise);
export const rejected = Promise.reject.bind(Promise);
const pendingPromise = Promise.withResolvers.bind(Promise);

const ignore = () => {};

// quiet marks a promise as handled, so that its rejection is not reported (Streams Standard: "set
// promise.[[PromiseIsHandled]] to true").
export const quiet = (promise) => react(promise, ignore);

const bindFunction = Function.prototype.bind;

// bind returns a function that calls a method on an object, or undefined if there is no method. The call costs less than
// apply, and does not depend on the method call of functions.
export const bind = (method, self) => (method === undefined ? undefined : apply(bindFunction, method, [self]));

// upon calls settled(subject, failed, value) in a job when result has settled: a promise, another thenable, a Deferred, or
// any other value, which counts as fulfilled (Web IDL, "a promise resolved with" and "react").
export function upon(result, settled, subject) {
  if ((typeof result !== "object" && typeof result !== "function") || result === null) return enqueue(settled, subject, false, result);
  if (result instanceof Deferred) return result.upon(settled, subject);
  if (react(result, settled, subject, true) === undefined) upon(new Promise((resolve) => resolve(result)), settled, subject);
}

// withoutValue returns a promise that settles as result does, but is fulfilled with undefined.
export function withoutValue(result) {
  const deferred = new Deferred();
  adopt(deferred, result);
  return deferred.promise;
}

// adopt settles a Deferred as result does, but without a value: at once if result is not an object.
export function adopt(deferred, result) {
  if ((typeof result !== "object" && typeof result !== "function") || result === null) deferred.resolve();
  else upon(result, settle, deferred);
}

// settle settles a Deferred, without a value, as a function for upon.
export function settle(deferred, failed, reason) {
  if (failed) deferred.reject(reason);
  else deferred.resolve();
}

// Deferred is the outcome of an operation. Its promise is created when it is first needed, which for streams that only
// internal code uses is never. A Deferred can also be the request of a read (Reader), and is then the result of the read as
// an iterator has it.
export class Deferred {
  static fulfilled(value) {
    const deferred = new Deferred();
    deferred.resolve(value);
    return deferred;
  }

  static rejected(reason) {
    const deferred = new Deferred();
    deferred.reject(reason);
    return deferred;
  }

  resolve(value) {
    if (!this.pending) return;
    this.pending = false;
    this.value = value;
    if (this.functions !== undefined) this.functions.resolve(value);
    if (this.watchers !== undefined) this.notify();
  }

  reject(reason) {
    if (!this.pending) return;
    this.pending = false;
    this.failed = true;
    this.value = reason;
    if (this.functions !== undefined) this.functions.reject(reason);
    if (this.watchers !== undefined) this.notify();
  }

  chunk(value) {
    this.resolve({ value, done: false });
  }

  close(value) {
    this.resolve({ value, done: true });
  }

  error(reason) {
    this.reject(reason);
  }

  // upon calls settled(subject, failed, value) in a job when the operation has completed.
  upon(settled, subject) {
    if (this.pending) (this.watchers ??= []).push(settled, subject);
    else enqueue(settled, subject, this.failed, this.value);
  }

  get promise() {
    if (this.created === undefined) {
      if (this.pending) {
        this.functions = pendingPromise();
        this.created = this.functions.promise;
      } else {
        this.created = this.failed ? rejected(this.value) : resolved(this.value);
      }
    }
    return this.created;
  }

  // quietPromise is the promise, whose rejection is never reported as unhandled.
  get quietPromise() {
    const isNew = this.created === undefined;
    const { promise } = this;
    if (isNew) quiet(promise);
    return promise;
  }

  notify() {
    const { watchers } = this;
    this.watchers = undefined;
    for (let i = 0; i < watchers.length; i += 2) enqueue(watchers[i], watchers[i + 1], this.failed, this.value);
  }
}

Object.assign(Deferred.prototype, {
  pending: true,
  failed: false,
  value: undefined, // the value or the reason
  created: undefined, // the promise
  functions: undefined, // the functions that settle it
  watchers: undefined, // the arguments of upon
});
