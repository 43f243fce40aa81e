import { define, host, localeMethods } from "shared";
import { readDate } from "./date.js";
import { numberText, readNumber } from "./number.js";
import { localeList, make, text } from "./service.js";
import { readCollator } from "./text.js";

// The methods of built-in objects whose results depend on a locale.

const { getTime } = Date.prototype, numberOf = Number.prototype.valueOf, bigintOf = BigInt.prototype.valueOf;

function stringOf(value) {
  if (value === undefined || value === null) throw new TypeError("the receiver must not be undefined or null");
  return String(value);
}

function formatDate(date, locales, options, wanted, defaults) {
  const value = getTime.call(date), list = localeList(locales), read = readDate(options, wanted, defaults);
  return Number.isNaN(value) ? "Invalid Date" : text(make("DateTimeFormat", list, read), "format", value);
}

const formatNumber = (value, locales, options) => text(make("NumberFormat", localeList(locales), readNumber(options)), "format", numberText(value));

let usual; // the collator without locales and options, with which lists are sorted

function compare(a, b, locales, options) {
  const collator = locales === undefined && options === undefined
    ? (usual ??= make("Collator", [], readCollator()))
    : make("Collator", localeList(locales), readCollator(options));
  return text(collator, "compare", a, b);
}

// They are methods of classes, because only those are in strict mode, in which the receiver may be null or a primitive value.
const methods = new Map([
  [Date, class {
    toLocaleString(...args) { return formatDate(this, args[0], args[1], "any", "all"); }
    toLocaleDateString(...args) { return formatDate(this, args[0], args[1], "date", "date"); }
    toLocaleTimeString(...args) { return formatDate(this, args[0], args[1], "time", "time"); }
  }],
  [Number, class { toLocaleString(...args) { return formatNumber(numberOf.call(this), args[0], args[1]); } }],
  [BigInt, class { toLocaleString(...args) { return formatNumber(bigintOf.call(this), args[0], args[1]); } }],
  [String, class {
    localeCompare(that, ...args) { return compare(stringOf(this), String(that), args[0], args[1]); }
    toLocaleUpperCase(...args) { return host.intlCase(stringOf(this), true, ...localeList(args[0])); }
    toLocaleLowerCase(...args) { return host.intlCase(stringOf(this), false, ...localeList(args[0])); }
  }],
  [Array, class {
    toLocaleString(...args) {
      const list = Object(this), items = Array.from({ length: list.length }, (_, i) => list[i]);
      return items.map((item) => (item === undefined || item === null ? "" : String(item.toLocaleString(args[0], args[1])))).join();
    }
  }],
]);

for (const [{ prototype }, own] of methods) {
  for (const name of Object.getOwnPropertyNames(own.prototype)) {
    const replaceable = name !== "constructor" && Object.getOwnPropertyDescriptor(prototype, name)?.value === localeMethods[name];
    if (replaceable) define(prototype, { [name]: own.prototype[name] });
  }
}

// methodOf returns the method of a name for a receiver.
export function methodOf(receiver, name) {
  const owners = [...methods.keys()].filter((owner) => Object.hasOwn(methods.get(owner).prototype, name));
  const owner = owners.find((constructor) => Object(receiver) instanceof constructor) ?? owners.at(-1);
  return methods.get(owner).prototype[name];
}
