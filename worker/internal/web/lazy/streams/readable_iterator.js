import { acquireReader } from "./readable_reader.js";
import { ASYNC_ITERATOR, conceal, reveal } from "./idl.js";
import { Deferred, enqueue, rejected, upon } from "./promises.js";

// Iteration is the state of an async iterator of a stream (Streams Standard, section 4.2.5, and Web IDL, section 3.7.10.2).
// Calls of next and return are processed one after the other.
export class Iteration {
  constructor(stream, preventCancel) {
    this.reader = acquireReader(stream);
    this.preventCancel = preventCancel;
  }

  next() {
    return this.enter(readNext);
  }

  return(value) {
    return this.enter((step) => returnNow(step, value));
  }

  // enter runs a step now, or when the last one has completed.
  enter(run) {
    const step = new Step(this);
    const { ongoing } = this;
    this.ongoing = step;
    if (ongoing === undefined || !ongoing.pending) run(step);
    else ongoing.upon(() => run(step), undefined);
    return step.promise;
  }
}

Object.assign(Iteration.prototype, { ongoing: undefined, finished: false });

const end = () => ({ value: undefined, done: true });

// Step is one call of next or return. It is a request for a chunk. Its result is available in a job, as that of a reaction to
// the promise of a read.
class Step extends Deferred {
  constructor(iteration) {
    super();
    this.iteration = iteration;
  }

  chunk(value) {
    enqueue(settleStep, this, false, { value, done: false });
  }

  close() {
    this.finish();
    enqueue(settleStep, this, false, end());
  }

  error(reason) {
    this.finish();
    enqueue(settleStep, this, true, reason);
  }

  finish() {
    this.iteration.finished = true;
    this.iteration.reader.release();
  }
}

function settleStep(step, failed, value) {
  if (failed) step.reject(value);
  else step.resolve(value);
}

function readNext(step) {
  if (step.iteration.finished) step.resolve(end());
  else step.iteration.reader.read(step);
}

function returnNow(step, value) {
  const { iteration } = step;
  if (iteration.finished) return step.resolve({ value, done: true });
  iteration.finished = true;
  const { reader } = iteration;
  const result = iteration.preventCancel ? undefined : reader.stream.cancel(value);
  reader.release();
  upon(result, (_, failed, reason) => (failed ? step.reject(reason) : step.resolve({ value, done: true })), undefined);
}

const iteratorOf = (value) => reveal(ASYNC_ITERATOR, value);

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf((async function* () {}).prototype));

const prototype = Object.create(AsyncIteratorPrototype, {
  [Symbol.toStringTag]: { value: "ReadableStream AsyncIterator", configurable: true },
});
const methods = {
  next() {
    try {
      return iteratorOf(this).next();
    } catch (error) {
      return rejected(error);
    }
  },
  return(value) {
    try {
      return iteratorOf(this).return(value);
    } catch (error) {
      return rejected(error);
    }
  },
};
for (const name of Object.keys(methods)) {
  Object.defineProperty(prototype, name, { value: methods[name], writable: true, enumerable: true, configurable: true });
}

// iterate returns an async iterator of a stream, which it locks.
export function iterate(stream, preventCancel) {
  return conceal(ASYNC_ITERATOR, prototype, new Iteration(stream, preventCancel));
}
