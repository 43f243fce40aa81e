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

// Ties are what few signals have.
class Ties {
  listeners = new WeakList(); // that were added with { signal }
  dependents = new WeakList(); // signals
  awaited = new Set(); // the dependent signals that something waits for
  sources = []; // of a dependent signal: { source, ref }
  timed = false; // it is one of timeout()
  kept = false; // something waits for it, so its sources or its timer keep it
}

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  #steps; // Set
  #ties;

  static {
    isAbortSignal = (value) => typeof value === "object" && value !== null && #steps in value;
    abort = (signal, reason) => signal.#abort(reason);
    keep = (signal) => signal.#keep();
    addStep = (signal, step) => {
      (signal.#steps ??= new Set()).add(step);
      signal.#keep();
    };
    removeStep = (signal, step) => {
      signal.#steps?.delete(step);
      signal.#keep();
    };
    useSignals({
      isSignal: isAbortSignal,
      tie: (signal, listener) => signal.#tied().listeners.add(listener),
      untie: (signal, ref) => signal.#tied().listeners.delete(ref),
    });
  }

  constructor(token) {
    if (token !== secret) refuse("AbortSignal: use an AbortController, AbortSignal.abort(), timeout() or any()");
    super();
  }

  static abort(reason) {
    const signal = new AbortSignal(secret);
    signal.#abort(reason);
    return signal;
  }

  static timeout(milliseconds) {
    const delay = Number(milliseconds);
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError("AbortSignal.timeout expects a number of milliseconds that is not negative");
    }
    const signal = new AbortSignal(secret);
    signal.#tied().timed = true;
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
    signal.#follow(new Set(given.flatMap((source) => (source.#ties?.sources.length > 0 ? source.#ties.sources.map((one) => one.source) : [source]))));
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

  #tied() {
    this.#ties ??= new Ties();
    return this.#ties;
  }

  #follow(sources) {
    const ties = this.#tied();
    for (const source of sources) ties.sources.push({ source, ref: source.#tied().dependents.add(this) });
    watch(this, keep);
  }

  // keep has a signal that something waits for kept by what can abort it.
  #keep() {
    const ties = this.#ties;
    if (!ties) return;
    const kept = !this.#aborted && (this.#steps?.size > 0 || hasListeners(this, "abort") || ties.awaited.size > 0);
    if (kept === ties.kept) return;
    ties.kept = kept;
    if (ties.timed) change(pending, this, kept);
    for (const { source } of ties.sources) {
      change(source.#ties.awaited, this, kept);
      source.#keep();
    }
  }

  // abort marks all signals before it runs anything of the script.
  #abort(reason = new DOMException("The operation was aborted", "AbortError")) {
    if (this.#aborted) return;
    const dependents = this.#ties ? this.#ties.dependents.drain().filter((signal) => !signal.#aborted) : [];
    this.#mark(reason);
    for (const signal of dependents) signal.#mark(reason);
    this.#tell();
    for (const signal of dependents) signal.#tell();
  }

  #mark(reason) {
    this.#aborted = true;
    this.#reason = reason;
    if (this.#ties) for (const { source, ref } of this.#ties.sources) source.#ties.dependents.delete(ref);
  }

  #tell() {
    const steps = this.#steps ? [...this.#steps] : [];
    this.#steps?.clear();
    for (const step of steps) step();
    if (this.#ties) for (const listener of this.#ties.listeners.drain()) removeListener(listener);
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

handlerAttribute(AbortSignal.prototype, "abort");
tag(AbortController, AbortSignal);
