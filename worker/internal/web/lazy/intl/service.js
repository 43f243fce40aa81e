import { define, host } from "shared";

// A service is a constructor of Intl whose objects are made of locales and options. What an object does is done in Go, by a
// format that is found by its key: the name of the service, the locales and the options.
const states = new WeakMap();

const maxKnown = 64;
const known = new Map(); // canonical locale identifiers by what scripts pass

// canonical returns the canonical form of a locale identifier. It throws a RangeError if it is not valid.
function canonical(locale) {
  let result = known.get(locale);
  if (result === undefined) {
    result = host.intlCanonical(locale);
    if (known.size >= maxKnown) known.clear();
    known.set(locale, result);
  }
  return result;
}

// localeOf is a function that returns the identifier of an Intl.Locale, and undefined for other values.
let localeOf = () => undefined;
export const setLocaleOf = (fn) => (localeOf = fn);

// localeList returns locale identifiers in canonical form, each once (ECMA-402, CanonicalizeLocaleList).
export function localeList(locales) {
  if (locales === undefined) return [];
  if (typeof locales === "string") return [canonical(locales)];
  const own = localeOf(locales);
  if (own !== undefined) return [own];
  if (locales === null) throw new TypeError("the locales must be a string, an array or an Intl.Locale, but they are null");
  const list = Object(locales), result = [];
  const length = Math.min(Math.max(Math.trunc(Number(list.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < length; i++) {
    if (!(i in list)) continue;
    const locale = list[i];
    if (typeof locale !== "string" && (typeof locale !== "object" || locale === null)) {
      throw new TypeError("a locale must be a string or an Intl.Locale");
    }
    const name = localeOf(locale) ?? canonical(String(locale));
    if (!result.includes(name)) result.push(name);
  }
  return result;
}

// option returns an option as text or, if type is "boolean", as a boolean (ECMA-402, GetOption). values are those that are
// allowed; undefined allows all.
export function option(options, name, values, type = "string") {
  const value = options[name];
  if (value === undefined) return undefined;
  if (type === "boolean") return Boolean(value);
  const text = String(value);
  if (values !== undefined && !values.includes(text)) throw new RangeError(`Value ${text} out of range for Intl options property ${name}`);
  return text;
}

// typePattern matches a value of a keyword of locale identifiers, such as a calendar.
export const typePattern = /^[0-9a-z]{3,8}(-[0-9a-z]{3,8})*$/i;

// typeOption returns an option that is a value of a keyword.
export function typeOption(options, name) {
  const value = option(options, name);
  if (value !== undefined && !typePattern.test(value)) throw new RangeError(`Invalid ${name} : ${value}`);
  return value;
}

// numberOption returns an option that is an integer (ECMA-402, GetNumberOption).
export function numberOption(options, name, low, high) {
  return checkNumber(options[name], name, low, high);
}

export function checkNumber(value, name, low, high) {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number >= low && number <= high)) throw new RangeError(`${name} value is out of range.`);
  return Math.floor(number);
}

// coerced returns options as an object, and an empty one if they are undefined. required refuses what is not an object.
export function coerced(options) {
  if (options === undefined) return Object.create(null);
  if (options === null) throw new TypeError("the options must not be null");
  return Object(options);
}
export function required(options) {
  if (options === undefined) return Object.create(null);
  if (typeof options !== "object" && typeof options !== "function" || options === null) throw new TypeError("the options must be an object");
  return options;
}

// rangeOf returns what convert makes of the start and of the end of a range.
export function rangeOf(start, end, convert) {
  if (start === undefined || end === undefined) throw new TypeError("a range needs a start and an end");
  return [convert(start), convert(end)];
}

export const matcher = (options) => option(options, "localeMatcher", ["lookup", "best fit"]);

// service returns a constructor. read returns the plain options for Go. A callable constructor can be called without new.
export function service(name, { length = 0, callable = false, read, methods, getters = {}, state = () => ({}) }) {
  const holder = {
    [name]: function (locales, options) {
      if (new.target === undefined && !callable) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
      const prototype = (new.target ?? constructor).prototype;
      const object = Object.create(Object(prototype) === prototype ? prototype : constructor.prototype);
      states.set(object, make(name, localeList(locales), read(options), state));
      return object;
    },
  };
  const constructor = holder[name];
  Object.defineProperty(constructor, "length", { value: length, configurable: true });
  Object.defineProperty(constructor, "prototype", { writable: false });
  const call = (object, method) => {
    const found = states.get(object);
    if (found?.name !== name) throw new TypeError(`Method Intl.${name}.prototype.${method} called on incompatible receiver`);
    return found;
  };
  define(constructor, {
    supportedLocalesOf(locales, ...rest) {
      const list = localeList(locales);
      if (rest[0] !== undefined) matcher(Object(rest[0]));
      return host.intlSupported(...list);
    },
  });
  const prototype = constructor.prototype;
  for (const [key, run] of Object.entries({ ...methods, resolvedOptions: (found) => JSON.parse(found.resolved) })) {
    define(prototype, { [key]: named(key, run.length - 1, function (...args) { return run(call(this, key), ...args); }) });
  }
  for (const [key, run] of Object.entries(getters)) {
    const get = named(`get ${key}`, 0, function () { return run(call(this, key)); });
    Object.defineProperty(prototype, key, { get, enumerable: false, configurable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  return constructor;
}

// make returns the state of an object, whose options are checked.
export function make(name, locales, options, state = () => ({})) {
  const key = `${name}\n${locales.join()}\n${JSON.stringify(options)}`;
  return { name, key, options, resolved: host.intlMake(key), ...state() };
}

// text and parts call a method of the format of a state.
export const text = (state, method, ...args) => host.intlCall(state.key, method, ...args);
export const parts = (state, method, ...args) => JSON.parse(host.intlCall(state.key, method, ...args));

// named returns a function with a name and a length that cannot be constructed.
export function named(name, length, fn) {
  const method = { method(...args) { return fn.apply(this, args); } }.method;
  Object.defineProperty(method, "name", { value: name, configurable: true });
  Object.defineProperty(method, "length", { value: length, configurable: true });
  return method;
}
