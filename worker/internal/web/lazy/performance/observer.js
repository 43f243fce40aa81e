import { DOMException, expect, optionsOf, queueTask, refuse, reportError, secret, tag } from "shared";
import { select } from "./entry.js";

const types = Object.freeze(["mark", "measure"]);
const observers = new Set(); // those that observe a type, in the order in which they began
let isQueued = false; // a task that delivers entries has been queued

let receive, deliver;

// PerformanceObserver is called with new entries (Performance Timeline, section 4.2).
export class PerformanceObserver {
  #callback;
  #types = new Set();
  #single; // whether types are observed one by one, with the option type; undefined before the first call of observe
  #buffer = [];
  #first = true; // the callback has not been called

  static {
    receive = (observer, entry) => observer.#types.has(entry.entryType) && observer.#buffer.push(entry);
    deliver = (observer) => observer.#deliver();
  }

  static get supportedEntryTypes() {
    return types;
  }

  constructor(callback) {
    if (typeof callback !== "function") throw new TypeError("new PerformanceObserver expects a function");
    this.#callback = callback;
  }

  observe(options = {}) {
    const { entryTypes, type, buffered } = optionsOf(options, "PerformanceObserver.observe");
    const single = type !== undefined;
    if ((entryTypes !== undefined) === single) throw new TypeError("PerformanceObserver.observe expects either entryTypes or type");
    if (!single && buffered !== undefined) throw new TypeError("PerformanceObserver.observe expects buffered only with type");
    if (this.#single !== undefined && this.#single !== single) {
      throw new DOMException("The observer was used with the other one of entryTypes and type before", "InvalidModificationError");
    }
    if (!single && (typeof entryTypes !== "object" || entryTypes === null)) throw new TypeError("PerformanceObserver.observe expects a list as entryTypes");
    const wanted = (single ? [String(type)] : Array.from(entryTypes, String)).filter((name) => types.includes(name));
    this.#single = single;
    if (wanted.length === 0) return;
    if (!single) this.#types.clear();
    for (const name of wanted) this.#types.add(name);
    observers.add(this);
    if (single && buffered) {
      this.#buffer.push(...select(timeline, undefined, wanted[0]));
      queueDelivery();
    }
  }

  disconnect() {
    observers.delete(this);
    this.#types.clear();
    this.#buffer = [];
    this.#single = undefined;
  }

  takeRecords() {
    const records = this.#buffer;
    this.#buffer = [];
    return records;
  }

  #deliver() {
    const entries = this.takeRecords();
    if (entries.length === 0) return;
    const options = this.#first ? { droppedEntriesCount: 0 } : {};
    this.#first = false;
    try {
      this.#callback.call(this, new PerformanceObserverEntryList(secret, entries), this, options);
    } catch (error) {
      reportError(error);
    }
  }
}

export class PerformanceObserverEntryList {
  #entries;

  constructor(token = undefined, entries = []) {
    if (token !== secret) refuse("PerformanceObserverEntryList");
    this.#entries = entries;
  }

  getEntries() {
    return select(this.#entries);
  }

  getEntriesByType(type) {
    expect(arguments.length, 1, "getEntriesByType");
    return select(this.#entries, undefined, type);
  }

  getEntriesByName(name, type = undefined) {
    expect(arguments.length, 1, "getEntriesByName");
    return select(this.#entries, name, type);
  }
}

// timeline has all entries that have not been cleared.
export let timeline = [];

// clear removes the entries of a type from the timeline: all, or those with a name.
export function clear(type, name) {
  timeline = timeline.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== String(name)));
}

// record adds an entry to the timeline and to the observers of its type.
export function record(entry) {
  timeline.push(entry);
  for (const observer of observers) if (receive(observer, entry)) queueDelivery();
}

// queueDelivery queues the task that calls the observers (Performance Timeline, section 6.1).
function queueDelivery() {
  if (isQueued) return;
  isQueued = true;
  queueTask(() => {
    isQueued = false;
    for (const observer of [...observers]) deliver(observer);
  });
}

tag(PerformanceObserver, PerformanceObserverEntryList);
