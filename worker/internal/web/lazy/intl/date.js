import { coerced, matcher, named, numberOption, option, parts, rangeOf, service, text, typeOption } from "./service.js";

const short = ["narrow", "short", "long"], digits = ["2-digit", "numeric"];

// fields are the options that choose what of a date is shown, in the order in which they are read (ECMA-402, table 16).
const fields = {
  weekday: short, era: short, year: digits, month: [...digits, ...short], day: digits, dayPeriod: short,
  hour: digits, minute: digits, second: digits, fractionalSecondDigits: undefined,
  timeZoneName: ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"],
};
const dateFields = ["weekday", "year", "month", "day"], timeFields = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
const styles = ["full", "long", "medium", "short"];

// readDate returns the options of DateTimeFormat. wanted and defaults are "date", "time", "any" or "all": the fields one of
// which must be chosen, and those that are chosen otherwise (ECMA-402, CreateDateTimeFormat).
export function readDate(given, wanted = "any", defaults = "date") {
  const options = coerced(given);
  matcher(options);
  const result = { calendar: typeOption(options, "calendar"), numberingSystem: typeOption(options, "numberingSystem") };
  result.hour12 = option(options, "hour12", undefined, "boolean");
  result.hourCycle = option(options, "hourCycle", ["h11", "h12", "h23", "h24"]);
  if (options.timeZone !== undefined) result.timeZone = String(options.timeZone);
  let explicit;
  for (const [name, values] of Object.entries(fields)) {
    result[name] = values === undefined ? numberOption(options, name, 1, 3) : option(options, name, values);
    if (result[name] !== undefined) explicit ??= name;
  }
  option(options, "formatMatcher", ["basic", "best fit"]);
  result.dateStyle = option(options, "dateStyle", styles);
  result.timeStyle = option(options, "timeStyle", styles);
  if (result.dateStyle !== undefined || result.timeStyle !== undefined) {
    const style = result.dateStyle !== undefined ? "dateStyle" : "timeStyle";
    if (explicit !== undefined) throw new TypeError(`Can't set option ${explicit} when ${style} is used`);
    if (wanted === "date" && result.timeStyle !== undefined || wanted === "time" && result.dateStyle !== undefined) {
      throw new TypeError(`Invalid option : ${wanted === "date" ? "timeStyle" : "dateStyle"}`);
    }
    return result;
  }
  const has = (names) => names.some((name) => result[name] !== undefined);
  if (wanted !== "time" && has(dateFields) || wanted !== "date" && has(timeFields)) return result;
  if (defaults !== "time") result.year = result.month = result.day = "numeric";
  if (defaults !== "date") result.hour = result.minute = result.second = "numeric";
  return result;
}

const maxTime = 8.64e15;

// time returns a date in milliseconds.
function time(date) {
  const value = date === undefined ? Date.now() : Number(date);
  if (!(Math.abs(value) <= maxTime)) throw new RangeError("Invalid time value");
  return Math.trunc(value);
}

export const DateTimeFormat = service("DateTimeFormat", {
  callable: true,
  read: (options) => readDate(options),
  methods: {
    formatToParts: (state, date) => parts(state, "formatToParts", time(date)),
    formatRange: (state, start, end) => text(state, "formatRange", ...rangeOf(start, end, time)),
    formatRangeToParts: (state, start, end) => parts(state, "formatRangeToParts", ...rangeOf(start, end, time)),
  },
  getters: {
    format: (state) => (state.format ??= named("", 1, (date) => text(state, "format", time(date)))),
  },
});
