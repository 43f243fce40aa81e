import { describeBy, expect, host, optionsOf, refuse, secret, structuredClone, tag } from "shared";

// PerformanceEntry is one measurement (Performance Timeline, section 4.1).
export class PerformanceEntry {
  #name;
  #type;
  #start;
  #duration;

  constructor(token = undefined, name = "", type = "", start = 0, duration = 0) {
    if (token !== secret) refuse("PerformanceEntry: use performance.mark() or measure()");
    this.#name = name;
    this.#type = type;
    this.#start = start;
    this.#duration = duration;
  }

  get name() {
    return this.#name;
  }
  get entryType() {
    return this.#type;
  }
  get startTime() {
    return this.#start;
  }
  get duration() {
    return this.#duration;
  }

  toJSON() {
    return { name: this.#name, entryType: this.#type, startTime: this.#start, duration: this.#duration };
  }
}

// PerformanceMark is a moment with a name (User Timing, section 3.3).
export class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(markName, markOptions = {}) {
    expect(arguments.length, 1, "new PerformanceMark");
    const { startTime, detail } = optionsOf(markOptions, "new PerformanceMark");
    const start = startTime === undefined ? host.now() : timeOf(startTime, "startTime");
    if (start < 0) throw new TypeError("startTime of a mark is negative");
    super(secret, String(markName), "mark", start, 0);
    this.#detail = copyOf(detail);
  }

  get detail() {
    return this.#detail;
  }
}

// PerformanceMeasure is the time between two moments (User Timing, section 3.4).
export class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor(token = undefined, name = "", start = 0, end = 0, detail = undefined) {
    super(token, name, "measure", start, end - start);
    this.#detail = copyOf(detail);
  }

  get detail() {
    return this.#detail;
  }
}

const copyOf = (detail) => (detail === undefined || detail === null ? null : structuredClone(detail));

// timeOf converts a number of milliseconds. Other than Number it refuses what is not finite.
export function timeOf(value, what) {
  const time = Number(value);
  if (!Number.isFinite(time)) throw new TypeError(`${what} is not a number of milliseconds`);
  return time;
}

// select returns the entries with a name and a type, where they are given, in the order of their start times.
export const select = (entries, name, type) =>
  entries
    .filter((entry) => (name === undefined || entry.name === String(name)) && (type === undefined || entry.entryType === String(type)))
    .sort((a, b) => a.startTime - b.startTime);

tag(PerformanceEntry, PerformanceMark, PerformanceMeasure);
describeBy(PerformanceEntry, "name", "entryType", "startTime", "duration");
describeBy(PerformanceMark, "name", "entryType", "startTime", "duration", "detail");
describeBy(PerformanceMeasure, "name", "entryType", "startTime", "duration", "detail");
