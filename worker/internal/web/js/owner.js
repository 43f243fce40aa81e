import { capture, follow, Operation } from "./context.js";
import { Gate } from "./gate.js";
import { callIn, halt } from "./host.js";
import { startTimer } from "./timers.js";

// Owner is what code can belong to: an instance of a Durable Object, whose number of operations decides whether it may be evicted, and all
// of whose operations end with it.
export class Owner {
  context = { owner: this, section: undefined, stores: undefined };
  subject; // what the owner stands for
  ended = false;
  reason; // of the end
  #operations; // a Set, once there was one
  #gate; // the Gate, once there was a critical section

  constructor(subject) {
    this.subject = subject;
    follow();
  }

  // pending is the number of operations that have begun and not ended, a critical section and waiting callbacks included. The owner may be
  // evicted while it is 0.
  get pending() {
    return (this.#operations?.size ?? 0) + (this.#gate === undefined || this.#gate.idle ? 0 : 1);
  }

  // hold and release are called by an Operation, when it begins and ends.
  hold(operation) {
    if (!this.ended) (this.#operations ??= new Set()).add(operation);
  }
  release(operation) {
    this.#operations?.delete(operation);
  }

  // holdUntil keeps the owner awake until a promise has settled. failed is called with the reason of a rejection.
  holdUntil(promise, failed = () => {}) {
    const operation = new Operation(this.context, () => {});
    new Promise((resolve) => resolve(promise)).catch(failed).then(() => operation.end());
  }

  // deliver calls the function of an event, when no critical section runs and after the callbacks that wait.
  deliver(fn, ...args) {
    this.pass(this.context, fn, args);
  }

  // pass calls a function in a context of this owner, when it may run.
  pass(context, fn, args) {
    if (this.ended) return;
    const gate = (context.section ?? this.#gate)?.living;
    if (gate === undefined || gate.idle) return void callIn(context, fn, undefined, ...args);
    gate.pass(() => callIn(context, fn, undefined, ...args));
  }

  // block calls a function as a critical section: in a turn of its own, and with everything else of the owner waiting until its promise
  // has settled. A section that begins within another one makes only the callbacks of that one wait. It returns a promise of the result.
  block(fn) {
    if (this.ended) return Promise.reject(this.reason);
    const now = capture();
    const outer = ((now?.owner === this && now.section) || (this.#gate ??= new Gate())).living;
    const section = new Gate(outer);
    const context = { owner: this, section, stores: now?.stores, trace: now?.trace };
    return new Promise((resolve, reject) => {
      const run = () => new Promise((settle) => settle(fn())).then(resolve, reject).then(() => this.ended || section.leave());
      outer.lock(section, () => callIn(context, startTimer, undefined, run, 0));
    });
  }

  // end cancels all operations. Nothing is called in a context of this owner afterwards. The owner and its context do not refer to each
  // other any more, so that their memory is freed at once.
  end(reason) {
    if (this.ended) return;
    this.ended = true;
    this.reason = reason;
    this.context = undefined;
    const operations = [...(this.#operations ?? [])];
    this.#operations = undefined;
    this.#gate?.drop();
    for (const operation of operations) operation.cancel(reason);
  }

  // stop ends the code that runs, if it belongs to this owner, which has ended: it does not return then.
  stop() {
    if (capture()?.owner === this) halt();
  }
}
