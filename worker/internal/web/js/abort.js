import { refuse, secret, tag } from "./define.js";
import { Event, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { dispatch, EventTarget, handlerAttribute, watchAborts } from "./target.js";
import { startTimer } from "./timers.js";

let stepsOf, abort;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  #steps = new Set(); // run before the abort event

  static {
    stepsOf = (signal) => (typeof signal === "object" && signal !== null && #steps in signal ? signal.#steps : undefined);
    abort = (signal, reason) => signal.#abort(reason);
  }

  constructor(token) {
    if (token !== secret) refuse("AbortSignal: use an AbortController, AbortSignal.abort(), timeout() or any()");
    super();
  }

  static abort(reason) {
    const signal = new AbortSignal(secret);
    signal.#aborted = true;
    signal.#reason = reasonOr(reason, "AbortError", "The operation was aborted");
    return signal;
  }

  static timeout(milliseconds) {
    const delay = Number(milliseconds);
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError("AbortSignal.timeout expects a number of milliseconds that is not negative");
    }
    const signal = new AbortSignal(secret);
    startTimer(() => signal.#abort(new DOMException("The operation timed out", "TimeoutError")), delay);
    return signal;
  }

  static any(signals) {
    const sources = [...signals];
    if (sources.some((source) => stepsOf(source) === undefined)) {
      throw new TypeError("AbortSignal.any expects AbortSignals only");
    }
    const first = sources.find((source) => source.#aborted);
    if (first) return AbortSignal.abort(first.#reason);
    const signal = new AbortSignal(secret);
    for (const source of sources) source.#steps.add(() => signal.#abort(source.#reason));
    return signal;
  }

  get aborted() {
    return this.#aborted;
  }

  get reason() {
    return this.#reason;
  }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }

  #abort(reason) {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reasonOr(reason, "AbortError", "The operation was aborted");
    const steps = [...this.#steps];
    this.#steps.clear();
    for (const step of steps) step();
    const event = new Event("abort");
    stateOf(event).trusted = true;
    dispatch(this, event);
  }
}

export class AbortController {
  #signal = new AbortSignal(secret);

  get signal() {
    return this.#signal;
  }

  abort(reason) {
    abort(this.#signal, reason);
  }
}

const reasonOr = (reason, name, message) => (reason === undefined ? new DOMException(message, name) : reason);

// abortSteps gives what a signal runs when it aborts: a set of functions.
export const abortSteps = (signal) => stepsOf(signal);

export const isAbortSignal = (value) => stepsOf(value) !== undefined;

handlerAttribute(AbortSignal.prototype, "abort");
watchAborts(stepsOf);
tag(AbortController, AbortSignal);
