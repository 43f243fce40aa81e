import { coerced, matcher, named, option, parts, required, service, text, typeOption } from "./service.js";
import { numberText } from "./number.js";

export function readCollator(given) {
  const options = coerced(given);
  const usage = option(options, "usage", ["sort", "search"]);
  matcher(options);
  return {
    usage,
    collation: typeOption(options, "collation"),
    numeric: option(options, "numeric", undefined, "boolean"),
    caseFirst: option(options, "caseFirst", ["upper", "lower", "false"]),
    sensitivity: option(options, "sensitivity", ["base", "accent", "case", "variant"]),
    ignorePunctuation: option(options, "ignorePunctuation", undefined, "boolean"),
  };
}

export const Collator = service("Collator", {
  callable: true,
  read: readCollator,
  methods: {},
  getters: {
    compare: (state) => (state.compare ??= named("", 2, (a, b) => text(state, "compare", String(a), String(b)))),
  },
});

// strings returns the elements of an iterable, which must be strings.
function strings(list) {
  if (list === undefined) return [];
  const result = [];
  for (const item of list) {
    if (typeof item !== "string") throw new TypeError("Iterable yielded a non-String value");
    result.push(item);
  }
  return result;
}

export const ListFormat = service("ListFormat", {
  read(given) {
    const options = required(given);
    matcher(options);
    return { type: option(options, "type", ["conjunction", "disjunction", "unit"]), style: option(options, "style", ["long", "short", "narrow"]) };
  },
  methods: {
    format: (state, list) => text(state, "format", ...strings(list)),
    formatToParts: (state, list) => parts(state, "formatToParts", ...strings(list)),
  },
});

const units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

function relative(value, unit) {
  const number = Number(value), name = String(unit).replace(/s$/, "");
  if (!units.includes(name)) throw new RangeError(`Invalid unit argument for format() '${unit}'`);
  if (!Number.isFinite(number)) throw new RangeError("The value of a relative time must be finite");
  return [numberText(number), name];
}

export const RelativeTimeFormat = service("RelativeTimeFormat", {
  read(given) {
    const options = coerced(given);
    matcher(options);
    return {
      numberingSystem: typeOption(options, "numberingSystem"),
      style: option(options, "style", ["long", "short", "narrow"]),
      numeric: option(options, "numeric", ["always", "auto"]),
    };
  },
  methods: {
    format: (state, value, unit) => text(state, "format", ...relative(value, unit)),
    formatToParts: (state, value, unit) => parts(state, "formatToParts", ...relative(value, unit)),
  },
});

export const DisplayNames = service("DisplayNames", {
  length: 2,
  read(options) {
    if (typeof options !== "object" && typeof options !== "function" || options === null) throw new TypeError("DisplayNames needs options with a type");
    matcher(options);
    const style = option(options, "style", ["narrow", "short", "long"]);
    const type = option(options, "type", ["language", "region", "script", "currency", "calendar", "dateTimeField"]);
    if (type === undefined) throw new TypeError("DisplayNames needs the option type");
    return { style, type, fallback: option(options, "fallback", ["code", "none"]), languageDisplay: option(options, "languageDisplay", ["dialect", "standard"]) };
  },
  methods: {
    of: (state, code) => text(state, "of", String(code)) || undefined,
  },
});
