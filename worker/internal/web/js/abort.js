import { refuse, secret, tag } from "./define.js";
import { Event, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { dispatch, EventTarget, handlerAttribute, hasListeners, removeListener, useSignals, watch } from "./target.js";
import { clearTimeout, startTimer } from "./timers.js";
import { WeakList } from "./weak.js";

// A signal has steps, which run before its abort event, and listeners that are to be removed. It holds the latter, and
// the signals that depend on it, weakly: a signal that lives long must not keep what was tied to it once. What depends
// on another signal, or on a timer, is held strongly only while something waits for it (DOM Standard, section 3.2.3).

let abort, keep;

// addStep has a function called when a signal aborts, until removeStep.
export let addStep, removeStep, isAbortSignal;

const pending = new Set(); // the signals of timeout() that something waits for

// A timer whose signal is gone has nothing to do.
const timers = new FinalizationRegistry((id) => clearTimeout(id));

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  #steps = new Set();
  #listeners; // WeakList of those that were added with { signal }
  #dependents; // WeakList of signals
  #awaited; // Set of the dependent signals that something waits for
  #sources = []; // of a dependent signal: { source, ref }
  #timed = false; // it is one of timeout()
  #kept = false; // something waits for it, so its sources or its timer keep it

  static {
    isAbortSignal = (value) => typeof value === "object" && value !== null && #steps in value;
    abort = (signal, reason) => signal.#abort(reason);
    keep = (signal) => signal.#keep();
    addStep = (signal, step) => {
      signal.#steps.add(step);
      signal.#keep();
    };
    removeStep = (signal, step) => {
      signal.#steps.delete(step);
      signal.#keep();
    };
    useSignals({
      isSignal: isAbortSignal,
      tie: (signal, listener) => (signal.#listeners ??= new WeakList()).add(listener),
      untie: (signal, ref) => signal.#listeners.delete(ref),
    });
  }

  constructor(token) {
    if (token !== secret) refuse("AbortSignal: use an AbortController, AbortSignal.abort(), timeout() or any()");
    super();
  }

  static abort(reason) {
    const signal = new AbortSignal(secret);
    signal.#aborted = true;
    signal.#reason = reasonOr(reason);
    return signal;
  }

  static timeout(milliseconds) {
    const delay = Number(milliseconds);
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError("AbortSignal.timeout expects a number of milliseconds that is not negative");
    }
    const signal = new AbortSignal(secret);
    signal.#timed = true;
    watch(signal, keep);
    const ref = new WeakRef(signal);
    timers.register(signal, startTimer(() => ref.deref()?.#abort(new DOMException("The operation timed out", "TimeoutError")), delay));
    return signal;
  }

  static any(signals) {
    const given = [...signals];
    if (!given.every(isAbortSignal)) throw new TypeError("AbortSignal.any expects AbortSignals only");
    const first = given.find((source) => source.#aborted);
    if (first) return AbortSignal.abort(first.#reason);
    const signal = new AbortSignal(secret);
    signal.#follow(new Set(given.flatMap((source) => (source.#sources.length > 0 ? source.#sources.map((one) => one.source) : [source]))));
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

  #follow(sources) {
    for (const source of sources) {
      source.#dependents ??= new WeakList();
      this.#sources.push({ source, ref: source.#dependents.add(this) });
    }
    watch(this, keep);
  }

  // keep has a signal that something waits for kept by what can abort it.
  #keep() {
    const kept = !this.#aborted && (this.#steps.size > 0 || hasListeners(this, "abort") || this.#awaited?.size > 0);
    if (kept === this.#kept) return;
    this.#kept = kept;
    if (this.#timed) change(pending, this, kept);
    for (const { source } of this.#sources) {
      source.#awaited ??= new Set();
      change(source.#awaited, this, kept);
      source.#keep();
    }
  }

  // abort marks all signals before it runs anything of the script.
  #abort(reason) {
    if (this.#aborted) return;
    const cause = reasonOr(reason);
    const all = [this, ...(this.#dependents?.drain() ?? [])].filter((signal) => !signal.#aborted);
    for (const signal of all) {
      signal.#aborted = true;
      signal.#reason = cause;
      for (const { source, ref } of signal.#sources) source.#dependents.delete(ref);
    }
    for (const signal of all) signal.#tell();
  }

  #tell() {
    const steps = [...this.#steps];
    this.#steps.clear();
    for (const step of steps) step();
    for (const listener of this.#listeners?.drain() ?? []) removeListener(listener);
    const event = new Event("abort");
    stateOf(event).trusted = true;
    dispatch(this, event);
    this.#keep();
  }
}

const change = (set, value, isIn) => (isIn ? set.add(value) : set.delete(value));

export class AbortController {
  #signal = new AbortSignal(secret);

  get signal() {
    return this.#signal;
  }

  abort(reason) {
    abort(this.#signal, reason);
  }
}

const reasonOr = (reason) => (reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason);

handlerAttribute(AbortSignal.prototype, "abort");
tag(AbortController, AbortSignal);
