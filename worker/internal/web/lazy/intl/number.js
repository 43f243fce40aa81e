import { checkNumber, coerced, matcher, named, numberOption, option, parts, rangeOf, service, text, typeOption } from "./service.js";

const modes = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
const increments = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];

// digitOptions returns the options for digits (ECMA-402, SetNumberFormatDigitOptions). Go checks those that depend on others.
function digitOptions(options, compact) {
  const minimumIntegerDigits = numberOption(options, "minimumIntegerDigits", 1, 21);
  const { minimumFractionDigits, maximumFractionDigits, minimumSignificantDigits, maximumSignificantDigits } = options;
  const roundingIncrement = numberOption(options, "roundingIncrement", 1, 5000) ?? 1;
  if (!increments.includes(roundingIncrement)) throw new RangeError("roundingIncrement value is out of range.");
  const roundingMode = option(options, "roundingMode", modes);
  const roundingPriority = option(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"]);
  const trailingZeroDisplay = option(options, "trailingZeroDisplay", ["auto", "stripIfInteger"]);
  const significant = minimumSignificantDigits !== undefined || maximumSignificantDigits !== undefined;
  const fraction = minimumFractionDigits !== undefined || maximumFractionDigits !== undefined;
  const result = { minimumIntegerDigits, roundingIncrement, roundingMode, roundingPriority, trailingZeroDisplay };
  const explicit = roundingPriority === "morePrecision" || roundingPriority === "lessPrecision";
  if (significant || explicit) {
    result.minimumSignificantDigits = checkNumber(minimumSignificantDigits, "minimumSignificantDigits", 1, 21);
    result.maximumSignificantDigits = checkNumber(maximumSignificantDigits, "maximumSignificantDigits", result.minimumSignificantDigits ?? 1, 21);
  }
  if (!significant || explicit) {
    result.minimumFractionDigits = checkNumber(minimumFractionDigits, "minimumFractionDigits", 0, 100);
    result.maximumFractionDigits = checkNumber(maximumFractionDigits, "maximumFractionDigits", 0, 100);
  }
  if (roundingIncrement !== 1 && (significant || explicit || (compact && !fraction))) {
    throw new TypeError("roundingIncrement needs the rounding type fractionDigits");
  }
  return result;
}

// readNumber returns the options of NumberFormat.
export function readNumber(given) {
  const options = coerced(given);
  matcher(options);
  const result = { numberingSystem: typeOption(options, "numberingSystem") };
  readUnit(options, result);
  result.notation = option(options, "notation", ["standard", "scientific", "engineering", "compact"]);
  Object.assign(result, digitOptions(options, result.notation === "compact"));
  result.compactDisplay = option(options, "compactDisplay", ["short", "long"]);
  result.useGrouping = grouping(options.useGrouping);
  result.signDisplay = option(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"]);
  return result;
}

// readUnit adds the options for the style (ECMA-402, SetNumberFormatUnitOptions).
function readUnit(options, result) {
  const style = option(options, "style", ["decimal", "percent", "currency", "unit"]);
  const currency = option(options, "currency");
  if (currency === undefined) {
    if (style === "currency") throw new TypeError("Currency code is required with currency style.");
  } else if (!/^[a-z]{3}$/i.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
  const currencyDisplay = option(options, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"]);
  const currencySign = option(options, "currencySign", ["standard", "accounting"]);
  const unit = option(options, "unit");
  if (unit === undefined) {
    if (style === "unit") throw new TypeError("Unit is required with unit style.");
  } else if (!isUnit(unit)) throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
  const unitDisplay = option(options, "unitDisplay", ["short", "narrow", "long"]);
  result.style = style;
  if (style === "currency") Object.assign(result, { currency, currencyDisplay, currencySign });
  if (style === "unit") Object.assign(result, { unit, unitDisplay });
}

const units = new Set(
  `acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour inch kilobit
  kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter millimeter millisecond
  minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year`.split(/\s+/),
);

function isUnit(unit) {
  const [numerator, denominator, ...rest] = unit.split("-per-");
  return rest.length === 0 && units.has(numerator) && (denominator === undefined || units.has(denominator));
}

// grouping returns the option useGrouping, which may be a boolean (ECMA-402, GetBooleanOrStringNumberFormatOption).
function grouping(value) {
  if (value === undefined) return undefined;
  if (value === true) return "always";
  if (!value) return "false";
  const name = String(value);
  if (name === "true" || name === "false") return undefined;
  if (!["min2", "auto", "always"].includes(name)) throw new RangeError(`Value ${name} out of range for Intl.NumberFormat options property useGrouping`);
  return name;
}

const decimalPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

// numberText returns a number, a BigInt or a text with a number without loss of digits (ECMA-402, ToIntlMathematicalValue).
export function numberText(value) {
  if (typeof value === "object" && value !== null || typeof value === "function") value = toNumeric(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") {
    const trimmed = value.trim();
    if (decimalPattern.test(trimmed)) return trimmed;
  }
  const number = Number(value);
  return Object.is(number, -0) ? "-0" : String(number);
}

// toNumeric returns the primitive value of an object.
function toNumeric(object) {
  const convert = object[Symbol.toPrimitive];
  if (convert !== undefined && convert !== null) return Reflect.apply(convert, object, ["number"]);
  const value = object.valueOf();
  return typeof value === "object" && value !== null ? object.toString() : value;
}

export const NumberFormat = service("NumberFormat", {
  callable: true,
  read: readNumber,
  methods: {
    formatToParts: (state, value) => parts(state, "formatToParts", numberText(value)),
    formatRange: (state, start, end) => text(state, "formatRange", ...rangeOf(start, end, numberText)),
    formatRangeToParts: (state, start, end) => parts(state, "formatRangeToParts", ...rangeOf(start, end, numberText)),
  },
  getters: {
    format: (state) => (state.format ??= named("", 1, (value) => text(state, "format", numberText(value)))),
  },
});

const pluralText = (value) => numberText(Number(value));

export const PluralRules = service("PluralRules", {
  read(given) {
    const options = coerced(given);
    matcher(options);
    return { type: option(options, "type", ["cardinal", "ordinal"]), ...digitOptions(options, false) };
  },
  methods: {
    select: (state, value) => text(state, "select", pluralText(value)),
    selectRange: (state, start, end) => text(state, "selectRange", ...rangeOf(start, end, pluralText)),
  },
});
