import { host } from "shared";
import { coerced, option, setLocaleOf, typeOption, typePattern } from "./service.js";

// keywords are the properties of a locale that are keywords of the extension u, by their keys.
const keywords = { calendar: "ca", collation: "co", hourCycle: "hc", caseFirst: "kf", numeric: "kn", numberingSystem: "nu", firstDayOfWeek: "fw" };
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export class Locale {
  #info;

  constructor(tag, options) {
    if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("the first argument of Intl.Locale must be a string or an object");
    const name = Locale.#nameOf(tag) ?? String(tag);
    this.#info = JSON.parse(host.intlLocale(name, JSON.stringify(read(coerced(options)))));
  }

  static #nameOf(value) {
    return typeof value === "object" && value !== null && #info in value ? value.#info.tag : undefined;
  }

  static {
    setLocaleOf((value) => Locale.#nameOf(value));
    const keep = (name) => Object.defineProperty(Locale.prototype, name, { get: { get() { return this.#info[name]; } }.get, enumerable: false, configurable: true });
    ["baseName", "language", "script", "region", ...Object.keys(keywords)].forEach(keep);
  }

  maximize() {
    return new Locale(this.#info.maximised);
  }

  minimize() {
    return new Locale(this.#info.minimised);
  }

  toString() {
    return this.#info.tag;
  }

  getCalendars() {
    return [this.#info.calendar ?? "gregory"];
  }

  getCollations() {
    return this.#info.collation === undefined ? this.#info.collations : [this.#info.collation];
  }

  getHourCycles() {
    return this.#info.hourCycle === undefined ? [this.#info.usualHourCycle] : [this.#info.hourCycle];
  }

  getNumberingSystems() {
    return [this.#info.numberingSystem ?? this.#info.usualNumberingSystem];
  }

  getTimeZones() {
    return this.#info.region === undefined ? undefined : this.#info.timeZones;
  }

  getTextInfo() {
    return { direction: this.#info.direction };
  }

  getWeekInfo() {
    const { firstDay, weekend, minimalDays } = this.#info.week;
    return { firstDay: days.indexOf(this.#info.firstDayOfWeek, 1) > 0 ? days.indexOf(this.#info.firstDayOfWeek, 1) : firstDay, weekend, minimalDays };
  }
}
Object.defineProperty(Locale.prototype, Symbol.toStringTag, { value: "Intl.Locale", configurable: true });
Object.defineProperty(Locale, "length", { value: 1, configurable: true });

const language = /^([a-z]{2,3}|[a-z]{5,8})$/i, script = /^[a-z]{4}$/i, region = /^([a-z]{2}|\d{3})$/i;

function read(options) {
  const subtag = (name, pattern) => {
    const value = option(options, name);
    if (value !== undefined && !pattern.test(value)) throw new RangeError(`Incorrect locale information provided: ${name} ${value}`);
    return value;
  };
  const result = { language: subtag("language", language), script: subtag("script", script), region: subtag("region", region), keywords: {} };
  const values = {
    ca: typeOption(options, "calendar"),
    co: typeOption(options, "collation"),
    fw: weekday(options.firstDayOfWeek),
    hc: option(options, "hourCycle", ["h11", "h12", "h23", "h24"]),
    kf: option(options, "caseFirst", ["upper", "lower", "false"]),
    kn: option(options, "numeric", undefined, "boolean"),
    nu: typeOption(options, "numberingSystem"),
  };
  for (const [key, value] of Object.entries(values)) if (value !== undefined) result.keywords[key] = String(value);
  return result;
}

function weekday(value) {
  if (value === undefined) return undefined;
  const name = days[value] ?? String(value);
  if (!typePattern.test(name)) throw new RangeError(`Invalid firstDayOfWeek: ${name}`);
  return name;
}
