import { DOMException, EventTarget, expect, host, refuse, secret, tag } from "shared";
import { PerformanceEntry, PerformanceMark, PerformanceMeasure, select, timeOf } from "./entry.js";
import { clear, PerformanceObserver, PerformanceObserverEntryList, record, timeline } from "./observer.js";

// timeOrigin is the wall-clock time at which the globals were installed, in milliseconds since 1970.
const timeOrigin = Date.now() - host.now();

class Performance extends EventTarget {
  #timeOrigin = timeOrigin;

  constructor(token = undefined) {
    if (token !== secret) refuse("Performance");
    super();
  }

  get timeOrigin() {
    return this.#timeOrigin;
  }

  now() {
    this.#verify();
    return host.now();
  }

  toJSON() {
    return { timeOrigin: this.#timeOrigin };
  }

  // verify throws if this is an object of another class.
  #verify() {
    this.#timeOrigin;
  }

  mark(markName, markOptions = {}) {
    this.#verify();
    expect(arguments.length, 1, "performance.mark");
    const entry = new PerformanceMark(markName, markOptions);
    record(entry);
    return entry;
  }

  measure(measureName, startOrMeasureOptions = {}, endMark = undefined) {
    this.#verify();
    expect(arguments.length, 1, "performance.measure");
    const name = String(measureName);
    const given = startOrMeasureOptions ?? {};
    const isOptions = typeof given === "object" || typeof given === "function";
    const options = isOptions ? { ...given } : { start: String(given) };
    const { start, duration, end } = options;
    if (isOptions && ["start", "duration", "end", "detail"].some((key) => options[key] !== undefined)) check(options, endMark);
    const last = endTime(endMark ?? end, start, duration);
    const first = startTime(start, last, duration);
    const entry = new PerformanceMeasure(secret, name, first, last, options.detail);
    record(entry);
    return entry;
  }

  clearMarks(markName = undefined) {
    this.#verify();
    clear("mark", markName);
  }

  clearMeasures(measureName = undefined) {
    this.#verify();
    clear("measure", measureName);
  }

  getEntries() {
    this.#verify();
    return select(timeline);
  }

  getEntriesByType(type) {
    this.#verify();
    expect(arguments.length, 1, "performance.getEntriesByType");
    return select(timeline, undefined, type);
  }

  getEntriesByName(name, type = undefined) {
    this.#verify();
    expect(arguments.length, 1, "performance.getEntriesByName");
    return select(timeline, name, type);
  }
}

// check refuses options of measure that contradict each other (User Timing, section 3.1.3).
function check({ start, duration, end }, endMark) {
  if (endMark !== undefined) throw new TypeError("performance.measure expects no end mark after options");
  if (start === undefined && end === undefined) throw new TypeError("performance.measure expects the option start or end");
  if (start !== undefined && duration !== undefined && end !== undefined) {
    throw new TypeError("performance.measure expects at most two of the options start, duration and end");
  }
}

function endTime(end, start, duration) {
  if (end !== undefined) return momentOf(end);
  if (start !== undefined && duration !== undefined) return momentOf(start) + timeOf(duration, "duration");
  return host.now();
}

function startTime(start, end, duration) {
  if (start !== undefined) return momentOf(start);
  if (duration !== undefined) return end - timeOf(duration, "duration");
  return 0;
}

// momentOf returns the time of the latest mark with a name, or a number (User Timing, section 4.2).
function momentOf(mark) {
  if (typeof mark === "number") {
    if (timeOf(mark, "a time") < 0) throw new TypeError("a time of performance.measure is negative");
    return mark;
  }
  const found = timeline.findLast((entry) => entry.entryType === "mark" && entry.name === String(mark));
  if (!found) throw new DOMException(`There is no mark with the name "${mark}"`, "SyntaxError");
  return found.startTime;
}

tag(Performance);
const performance = new Performance(secret);

export { Performance, performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList };
