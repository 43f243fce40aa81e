import { host } from "shared";

// Promises are expensive in the engine: each costs several objects, and a job for each reaction. The functions of this
// module do the same work with fewer of them, and do not depend on methods that a script may have changed.

const { newPromise, react, settlePromise } = host;
export const { enqueue } = host;
export const { apply } = Reflect;

// resolved returns a promise that is fulfilled with undefined.
export function resolved() {
  const promise = newPromise();
  settlePromise(promise, false, undefined);
  return promise;
}

export function rejected(reason) {
  const promise = newPromise();
  settlePromise(promise, true, reason);
  return promise;
}

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
  if (react(result, settled, subject, true) === undefined) react(promiseOf(result), settled, subject, true);
}

// promiseOf returns a promise of the engine that settles as a thenable does, even if the script has replaced Promise.
const promiseOf = async (thenable) => thenable;

// withoutValue returns a promise that settles as result does, but is fulfilled with undefined.
export function withoutValue(result) {
  const deferred = new Deferred();
  adopt(deferred, result);
  return deferred.promise;
}

// adopt settles a Deferred as result does, but without a value: at once if result is not an object.
export function adopt(deferred, result) {
  if ((typeof result !== "object" && typeof result !== "function") || result === null) deferred.resolve();
  else upon(result, settleWithoutValue, deferred);
}

// settleWithoutValue settles a Deferred, without a value, as a function for upon.
export function settleWithoutValue(deferred, failed, reason) {
  if (failed) deferred.reject(reason);
  else deferred.resolve();
}

// Deferred is the outcome of an operation. Its promise is created when it is first needed, which for streams that only
// internal code uses is never. A Deferred can also be the request of a read (Reader), and is then the result of the read as
// an iterator has it.
export class Deferred {
  static fulfilled(value) {
    const deferred = new Deferred();
    deferred.settle(false, value);
    return deferred;
  }

  static rejected(reason) {
    const deferred = new Deferred();
    deferred.settle(true, reason);
    return deferred;
  }

  // resolve fulfils the operation. value must not be a thenable.
  resolve(value) {
    if (this.pending) this.settle(false, value);
  }

  reject(reason) {
    if (this.pending) this.settle(true, reason);
  }

  settle(failed, value) {
    this.pending = false;
    this.failed = failed;
    this.value = value;
    if (this.created !== undefined) settlePromise(this.created, failed, value);
    const { watchers } = this;
    if (watchers === undefined) return;
    this.watchers = undefined;
    for (let i = 0; i < watchers.length; i += 2) enqueue(watchers[i], watchers[i + 1], failed, value);
  }

  chunk(value) {
    this.settle(false, { value, done: false });
  }

  close(value) {
    this.settle(false, { value, done: true });
  }

  error(reason) {
    this.settle(true, reason);
  }

  // upon calls settled(subject, failed, value) in a job when the operation has completed.
  upon(settled, subject) {
    if (!this.pending) enqueue(settled, subject, this.failed, this.value);
    else if (this.watchers === undefined) this.watchers = [settled, subject];
    else this.watchers.push(settled, subject);
  }

  get promise() {
    if (this.created === undefined) {
      this.created = newPromise();
      if (!this.pending) settlePromise(this.created, this.failed, this.value);
    }
    return this.created;
  }

  // quietPromise is the promise, whose rejection is never reported as unhandled.
  get quietPromise() {
    if (this.created === undefined) {
      this.created = newPromise();
      quiet(this.created);
      if (!this.pending) settlePromise(this.created, this.failed, this.value);
    }
    return this.created;
  }
}

Object.assign(Deferred.prototype, {
  pending: true,
  failed: false,
  value: undefined, // the value or the reason
  created: undefined, // the promise
  watchers: undefined, // the arguments of upon
});
