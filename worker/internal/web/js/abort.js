import { refuse, secret, tag } from "./define.js";
import { Event, stateOf } from "./event.js";
import { DOMException } from "./exception.js";
import { dispatch, EventTarget, handlerAttribute, hasListeners, onListenersChange, removeListener, useSignals } from "./target.js";
import { clearTimeout, startTimer } from "./timers.js";
import { WeakList } from "./weak.js";

// A signal has abort algorithms, called steps here, which run before its abort event, and a list of listeners to be
// removed when it aborts. A long-lived signal must not keep alive what was once connected to it, so it refers to these
// listeners, and to the signals that depend on it, weakly. A signal that depends on other signals or on a timer is
// referred to strongly only while it has steps or listeners (DOM Standard, section 3.2.3).

let abort, updateRetention;

// addStep(signal, function) registers a function that is called when the signal aborts. removeStep removes it.
export let addStep, removeStep, isAbortSignal;

const pending = new Set(); // retained signals of timeout()

// The timer of a collected signal is cleared.
const timers = new FinalizationRegistry((id) => clearTimeout(id));

// Links are the relations of a signal, which most signals do not have.
class Links {
  listeners = new WeakList(); // listeners that were added with { signal }
  dependents = new WeakList(); // signals that abort with this one
  retained = new Set(); // dependents that have steps or listeners
  sources = []; // { source, ref } for each signal that this one depends on
  timed = false; // the signal is one of timeout()
  kept = false; // the signal is retained by its sources or by pending
}

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  #steps; // a Set of functions, or undefined
  #links; // Links, or undefined

  static {
    isAbortSignal = (value) => typeof value === "object" && value !== null && #steps in value;
    abort = (signal, reason) => signal.#abort(reason);
    updateRetention = (signal) => signal.#updateRetention();
    addStep = (signal, step) => {
      (signal.#steps ??= new Set()).add(step);
      signal.#updateRetention();
    };
    removeStep = (signal, step) => {
      signal.#steps?.delete(step);
      signal.#updateRetention();
    };
    useSignals({
      isSignal: isAbortSignal,
      addListener: (signal, listener) => signal.#ensureLinks().listeners.add(listener),
      removeListener: (signal, ref) => signal.#ensureLinks().listeners.delete(ref),
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
      throw new TypeError("AbortSignal.timeout expects a non-negative number of milliseconds");
    }
    const signal = new AbortSignal(secret);
    signal.#ensureLinks().timed = true;
    onListenersChange(signal, updateRetention);
    const ref = new WeakRef(signal);
    timers.register(signal, startTimer(() => ref.deref()?.#abort(new DOMException("The operation timed out", "TimeoutError")), delay));
    return signal;
  }

  static any(signals) {
    const given = [...signals];
    if (!given.every(isAbortSignal)) throw new TypeError("AbortSignal.any expects only AbortSignals");
    const first = given.find((source) => source.#aborted);
    if (first) return AbortSignal.abort(first.#reason);
    const signal = new AbortSignal(secret);
    signal.#follow(new Set(given.flatMap((source) => (source.#links?.sources.length > 0 ? source.#links.sources.map((link) => link.source) : [source]))));
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

  #ensureLinks() {
    this.#links ??= new Links();
    return this.#links;
  }

  // follow makes the signal depend on sources.
  #follow(sources) {
    const links = this.#ensureLinks();
    for (const source of sources) links.sources.push({ source, ref: source.#ensureLinks().dependents.add(this) });
    onListenersChange(this, updateRetention);
  }

  // updateRetention makes the sources or the timer of the signal refer to it strongly while it has steps or listeners,
  // or dependents that have.
  #updateRetention() {
    const links = this.#links;
    if (!links) return;
    const kept = !this.#aborted && (this.#steps?.size > 0 || hasListeners(this, "abort") || links.retained.size > 0);
    if (kept === links.kept) return;
    links.kept = kept;
    if (links.timed) setMember(pending, this, kept);
    for (const { source } of links.sources) {
      setMember(source.#links.retained, this, kept);
      source.#updateRetention();
    }
  }

  // abort sets the state of all dependent signals before it runs code of the script.
  #abort(reason = new DOMException("The operation was aborted", "AbortError")) {
    if (this.#aborted) return;
    const dependents = this.#links ? this.#links.dependents.drain().filter((signal) => !signal.#aborted) : [];
    this.#setAborted(reason);
    for (const signal of dependents) signal.#setAborted(reason);
    this.#runAbortSteps();
    for (const signal of dependents) signal.#runAbortSteps();
  }

  #setAborted(reason) {
    this.#aborted = true;
    this.#reason = reason;
    if (this.#links) for (const { source, ref } of this.#links.sources) source.#links.dependents.delete(ref);
  }

  // runAbortSteps runs the steps, removes the listeners that were added with the signal, and dispatches the abort event.
  #runAbortSteps() {
    const steps = this.#steps ? [...this.#steps] : [];
    this.#steps?.clear();
    for (const step of steps) step();
    if (this.#links) for (const listener of this.#links.listeners.drain()) removeListener(listener);
    const event = new Event("abort");
    stateOf(event).trusted = true;
    dispatch(this, event);
    this.#updateRetention();
  }
}

// setMember adds a value to a set, or deletes it.
const setMember = (set, value, isMember) => (isMember ? set.add(value) : set.delete(value));

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
