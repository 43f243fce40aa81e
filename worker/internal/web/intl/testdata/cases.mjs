// Writes what Intl returns in Node for many locales and options, one JSON array in each line:
// constructor, locale, options, method, and pairs of arguments and result.
//
//   node cases.mjs | gzip -9n > cases.jsonl.gz
//
// The file in the repository is of Node 20.20.2 (ICU 78.2, CLDR 48).

const locales = ["en", "en-GB", "en-IN", "de", "de-AT", "de-CH", "fr", "fr-CA", "es", "es-MX", "it", "pt-BR", "pt-PT", "nl", "sv",
  "da", "nb", "fi", "pl", "cs", "ru", "uk", "ja", "zh", "zh-TW", "ko", "ar", "ar-EG", "he", "hi", "tr", "th", "vi", "fa", "bn"];
const few = ["en", "de", "fr", "es", "pl", "ru", "ja", "zh", "ko", "ar-EG", "hi", "tr", "sv", "pt-BR"];

function write(kind, locale, options, method, inputs) {
  if (differs(kind, locale, options)) return;
  const made = new Intl[kind](locale, options);
  const results = inputs.map((args) => [args, made[method](...args.map(revive))]);
  console.log(JSON.stringify([kind, locale, options, method, results]));
}

// The hour cycle that hour12 stands for has been changed in the standard (ECMA-402, pull request 758): it was h11 instead of
// h12 where 24 hours are usual, and h24 instead of h23 where 12 hours are.
//
// The names of cities are English here for the time zones that have a common name, which shortGeneric often does not use.
function differs(kind, locale, options) {
  if (options.timeZoneName === "shortGeneric" && (locale !== "en" || options.timeZone === "America/Sao_Paulo")) return true;
  if (kind !== "DateTimeFormat" || options.hour12 === undefined) return false;
  const usual = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions().hourCycle;
  return options.hour12 ? usual !== "h12" : usual !== "h23";
}

const revive = (value) => (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : value);

const numbers = ["0", "-0", "1", "-1", "2", "5", "1.5", "0.456", "1234.5", "-1234.567", "12345", "1234567.891", "1e-7", "Infinity", "NaN"].map((n) => [n]);
const numberOptions = [
  {}, { minimumFractionDigits: 2 }, { maximumFractionDigits: 0 }, { useGrouping: false }, { useGrouping: "always" }, { useGrouping: "min2" }, { style: "percent" },
  { style: "percent", maximumFractionDigits: 1, signDisplay: "always" },
  { style: "currency", currency: "USD" }, { style: "currency", currency: "EUR" }, { style: "currency", currency: "JPY" }, { style: "currency", currency: "CHF", currencyDisplay: "code" },
  { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" }, { style: "currency", currency: "EUR", currencyDisplay: "name" },
  { style: "currency", currency: "USD", currencySign: "accounting" }, { style: "currency", currency: "CHF", currencySign: "accounting", signDisplay: "exceptZero" },
  { style: "currency", currency: "EUR", notation: "compact" }, { style: "currency", currency: "USD", notation: "compact", currencyDisplay: "name" },
  { style: "unit", unit: "kilometer-per-hour" }, { style: "unit", unit: "liter", unitDisplay: "long" }, { style: "unit", unit: "celsius", unitDisplay: "narrow" },
  { style: "unit", unit: "megabyte" }, { style: "unit", unit: "day", unitDisplay: "long" }, { style: "unit", unit: "byte-per-second", unitDisplay: "long" }, { style: "unit", unit: "gram-per-liter" }, { style: "unit", unit: "percent" },
  { notation: "compact" }, { notation: "compact", compactDisplay: "long" }, { notation: "compact", maximumFractionDigits: 2 }, { notation: "scientific" }, { notation: "engineering", maximumSignificantDigits: 3 },
  { maximumSignificantDigits: 3 }, { minimumSignificantDigits: 3, maximumSignificantDigits: 5 }, { minimumIntegerDigits: 3 },
];
for (const locale of locales) {
  for (const options of numberOptions) write("NumberFormat", locale, options, "format", numbers);
}
for (const options of [{}, { style: "currency", currency: "USD" }, { notation: "compact" }]) write("NumberFormat", "en", options, "format", [["123456789012345678901234567890.5"], ["1e21"], ["-1.7976931348623157e+308"]]);
for (const locale of few) {
  for (const options of [{}, { style: "currency", currency: "USD" }, { style: "unit", unit: "hour", unitDisplay: "long" }, { style: "percent" }, { notation: "compact" }, { notation: "compact", compactDisplay: "long", style: "currency", currency: "EUR" }, { notation: "scientific" }]) {
    write("NumberFormat", locale, options, "formatToParts", [["-1234.5"], ["1234567"], ["Infinity"], ["NaN"], ["0.000012"]]);
    write("NumberFormat", locale, options, "formatRange", [["3", "5"], ["-1", "1"], ["2.9", "2.9"], ["1000", "1500000"], ["1", "2"]]);
    write("NumberFormat", locale, options, "formatRangeToParts", [["3", "5"]]);
  }
}
const modes = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
const halves = ["1.5", "2.5", "-1.5", "-2.5", "1.4", "1.6", "-1.4", "0.5", "-0.4"].map((n) => [n]);
for (const roundingMode of modes) write("NumberFormat", "en", { roundingMode, maximumFractionDigits: 0 }, "format", halves);
for (const roundingIncrement of [2, 5, 10, 25, 50]) write("NumberFormat", "en", { roundingIncrement, minimumFractionDigits: 2, maximumFractionDigits: 2 }, "format", [["1.13"], ["1.12"], ["0.275"], ["-7.89"]]);
for (const roundingPriority of ["morePrecision", "lessPrecision"]) write("NumberFormat", "en", { roundingPriority, maximumFractionDigits: 2, maximumSignificantDigits: 3 }, "format", [["1.2345"], ["1234.567"], ["0.012345"], ["100"]]);
write("NumberFormat", "en", { trailingZeroDisplay: "stripIfInteger", minimumFractionDigits: 2 }, "format", [["1"], ["1.5"], ["1.001"]]);
for (const signDisplay of ["auto", "never", "always", "exceptZero", "negative"]) write("NumberFormat", "en", { signDisplay, maximumFractionDigits: 1 }, "format", [["0"], ["-0"], ["-0.01"], ["1"], ["-1"], ["NaN"]]);
for (const system of ["arab", "beng", "deva", "thai", "fullwide", "hanidec", "mathsans"]) write("NumberFormat", "en-u-nu-" + system, {}, "format", [["12345.67"]]);
for (const unit of Intl.supportedValuesOf("unit")) {
  for (const locale of ["en", "de", "ru", "ja"]) {
    for (const unitDisplay of ["long", "short", "narrow"]) write("NumberFormat", locale, { style: "unit", unit, unitDisplay }, "format", [["1"], ["5"]]);
  }
}

for (const locale of [...locales, "lt", "sl", "ga", "lv", "ro", "sr", "id"]) {
  const counts = [...Array(31).keys(), 100, 101, 111, 1000000, 0.5, 1.5, 1.25].map((n) => [n]);
  write("PluralRules", locale, {}, "select", counts);
  write("PluralRules", locale, { minimumFractionDigits: 1 }, "select", [[1], [2], [1.5]]);
  write("PluralRules", locale, { type: "ordinal" }, "select", counts);
  write("PluralRules", locale, {}, "selectRange", [[0, 1], [1, 2], [1, 5], [2, 21]]);
}

const dates = [["2024-01-09T08:05:03.045Z"], ["2024-07-14T21:45:59.999Z"], ["1999-12-31T12:00:00.000Z"]];
const zones = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata"];
const styles = [undefined, "full", "long", "medium", "short"];
for (const locale of locales) {
  for (const dateStyle of styles) {
    for (const timeStyle of styles) {
      if (dateStyle || timeStyle) write("DateTimeFormat", gregorian(locale), { dateStyle, timeStyle, timeZone: zones[(styles.indexOf(dateStyle) + styles.indexOf(timeStyle)) % zones.length] }, "format", dates);
    }
  }
  const ymd = { year: "numeric", month: "numeric", day: "numeric" }, hms = { hour: "numeric", minute: "numeric", second: "numeric" };
  for (const options of [
    ymd, { ...ymd, ...hms }, hms, { month: "long" }, { month: "short" }, { weekday: "long" }, { weekday: "short" }, { year: "numeric" }, { day: "numeric" },
    { year: "numeric", month: "2-digit", day: "2-digit" }, { year: "2-digit", month: "numeric", day: "numeric" }, { year: "numeric", month: "long" }, { year: "numeric", month: "short" },
    { month: "long", day: "numeric" }, { month: "short", day: "numeric" }, { month: "numeric", day: "numeric" }, { year: "numeric", month: "long", day: "numeric" }, { year: "numeric", month: "short", day: "2-digit" },
    { weekday: "long", year: "numeric", month: "long", day: "numeric" }, { weekday: "short", month: "short", day: "numeric" }, { weekday: "short", day: "numeric" }, { weekday: "long", hour: "numeric" },
    { weekday: "long", year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" }, { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" },
    { hour: "numeric" }, { hour: "2-digit" }, { hour: "numeric", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }, { hour: "numeric", minute: "2-digit", hour12: true },
    { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, { minute: "2-digit", second: "2-digit" }, { second: "numeric" }, { minute: "numeric" }, { hour: "numeric", minute: "numeric", second: "numeric", fractionalSecondDigits: 3 },
    { second: "numeric", fractionalSecondDigits: 2 }, { era: "short", year: "numeric" }, { era: "long", year: "numeric", month: "long", day: "numeric" }, { month: "narrow" }, { weekday: "narrow" },
    { hour: "numeric", dayPeriod: "short" }, { dayPeriod: "long" }, { hour: "numeric", minute: "numeric", dayPeriod: "long", hour12: true },
    { ...ymd, timeZoneName: "short" }, { ...hms, timeZoneName: "long" }, { year: "2-digit", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    { month: "long", weekday: "long" }, { year: "numeric", day: "numeric" }, { ...ymd, ...hms, fractionalSecondDigits: 3 , hour12: false },
    { dateStyle: "short", timeStyle: "short", hour12: true }, { timeStyle: "medium", hour12: false }, { timeStyle: "short", hourCycle: "h23" },
  ]) write("DateTimeFormat", gregorian(locale), { timeZone: "Europe/London", ...options }, "format", dates);
}
for (const locale of few) {
  for (const timeZone of ["UTC", "America/Los_Angeles", "Europe/London", "Europe/Paris", "Europe/Dublin", "Asia/Tokyo", "Asia/Kolkata", "America/Sao_Paulo", "Australia/Sydney", "Africa/Cairo", "America/Regina", "Asia/Kathmandu", "Etc/GMT+5", "Pacific/Auckland", "America/Halifax", "Asia/Shanghai", "Europe/Moscow"]) {
    for (const timeZoneName of ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"]) write("DateTimeFormat", gregorian(locale), { timeZone, timeZoneName, hour: "numeric", hourCycle: "h23" }, "format", dates.slice(0, 2));
  }
  for (const options of [{ dateStyle: "full", timeStyle: "long" }, { hour: "numeric", minute: "numeric", dayPeriod: "short", timeZoneName: "short" }, { era: "short", year: "numeric", month: "short", day: "numeric", weekday: "short", fractionalSecondDigits: 3, second: "numeric" }]) {
    write("DateTimeFormat", gregorian(locale), { timeZone: "America/New_York", ...options }, "formatToParts", dates);
  }
}

function gregorian(locale) {
  return ["th", "fa"].includes(locale) ? locale + "-u-ca-gregory" : locale;
}

const words = [[["a"]], [["a", "b"]], [["a", "b", "c"]], [["a", "b", "c", "d"]], [[]], [["", "x"]], [["uno", "iglesia"]], [["uno", "ocho"]]];
for (const locale of locales) {
  for (const type of ["conjunction", "disjunction", "unit"]) {
    for (const style of ["long", "short", "narrow"]) write("ListFormat", locale, { type, style }, "format", words);
  }
  write("ListFormat", locale, {}, "formatToParts", words);
  for (const style of ["long", "short", "narrow"]) {
    for (const numeric of ["always", "auto"]) {
      const units = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"];
      write("RelativeTimeFormat", locale, { style, numeric }, "format", units.flatMap((unit) => [-2, -1, 0, 1, 2, 5, 1.5, 21, -1000].map((n) => [n, unit])));
    }
  }
  write("RelativeTimeFormat", locale, { numeric: "auto" }, "formatToParts", [[-1, "day"], [3, "month"], [-1234.5, "hour"]]);
  for (const style of ["long", "short", "narrow"]) {
    write("DisplayNames", locale, { type: "language", style }, "of", ["en", "en-GB", "de-AT", "zh-Hans", "zh-Hant-TW", "pt-BR", "sr-Latn", "fr-CH", "es-419", "ja", "ar-EG", "xx", "en-Arab-DE"].map((code) => [code]));
    write("DisplayNames", locale, { type: "region", style }, "of", ["US", "GB", "DE", "001", "419", "HK", "CZ", "XZ"].map((code) => [code]));
    write("DisplayNames", locale, { type: "script", style }, "of", [["Latn"], ["Arab"], ["Hans"], ["Xxxx"]]);
    write("DisplayNames", locale, { type: "currency", style }, "of", [["USD"], ["EUR"], ["JPY"], ["CNY"], ["XYZ"]]);
    write("DisplayNames", locale, { type: "dateTimeField", style }, "of", ["era", "year", "quarter", "month", "weekOfYear", "weekday", "day", "dayPeriod", "hour", "minute", "second", "timeZoneName"].map((code) => [code]));
  }
  write("DisplayNames", locale, { type: "language", languageDisplay: "standard" }, "of", [["en-GB"], ["zh-Hant-TW"], ["pt-BR"]]);
  write("DisplayNames", locale, { type: "calendar" }, "of", [["gregory"], ["islamic"], ["japanese"]]);
}

const ranges = [
  ["2024-01-09T08:05:03.045Z", "2024-01-09T08:05:03.046Z"], ["2024-01-09T08:05:03.045Z", "2024-01-09T08:45:03.045Z"], ["2024-01-09T08:05:03.045Z", "2024-01-09T10:05:03.045Z"],
  ["2024-01-09T08:05:03.045Z", "2024-01-09T18:05:03.045Z"], ["2024-01-09T08:05:03.045Z", "2024-01-12T08:05:03.045Z"], ["2024-01-09T08:05:03.045Z", "2024-03-09T08:05:03.045Z"], ["2024-01-09T08:05:03.045Z", "2026-03-09T20:05:03.045Z"],
];
for (const locale of few) {
  for (const options of [
    { year: "numeric", month: "numeric", day: "numeric" }, { hour: "2-digit", minute: "2-digit" }, { dateStyle: "medium" }, { dateStyle: "long" }, { dateStyle: "full" }, { dateStyle: "short" }, { year: "numeric", month: "short", day: "numeric" }, { month: "long", day: "numeric" }, { month: "short" }, { year: "numeric", month: "long" },
    { hour: "numeric", minute: "numeric" }, { hour: "numeric" }, { timeStyle: "short" }, { dateStyle: "medium", timeStyle: "short" }, { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "2-digit" },
    { weekday: "short", month: "short", day: "numeric", hour: "numeric" }, { year: "numeric", month: "2-digit", day: "2-digit" }, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" }, { weekday: "long" }, { day: "numeric" }, { timeStyle: "medium" }, { dateStyle: "short", timeStyle: "medium" },
  ]) {
    write("DateTimeFormat", locale, { timeZone: "UTC", ...options }, "formatRange", ranges);
    write("DateTimeFormat", locale, { timeZone: "UTC", ...options }, "formatRangeToParts", ranges.slice(0, 5));
  }
}

// The data of collation is older here: emoji and the accents of Canadian French differ.
const sorted = ["a", "B", "b", "A", "á", "ä", "z", "Z", "co-op", "coop", "résumé", "resume", "Résumé", "1", "10", "2", "_x", "-x", " x", "x", "ß", "ss", "æ", "ø", "o", "ö", "å", "aa", "ch", "c", "h", "č", "ñ", "n", "ł", "ı", "i", "İ", "y", "я", "α", "file10", "file2", "日本", "中", "一", "あ", "ア", "한", "אב", "हिन्दी"];
const pairs = sorted.flatMap((a) => sorted.map((b) => [a, b]));
for (const locale of ["en", "de", "sv", "es", "da", "cs", "tr", "pl", "lt", "ru", "hu", "ja", "zh", "ko", "el", "he", "hi"]) {
  const { compare } = new Intl.Collator(locale);
  console.log(JSON.stringify(["Collator", locale, {}, "compare", pairs.map((pair) => [pair, compare(...pair)])]));
}
for (const options of [{ numeric: true }, { sensitivity: "base" }, { sensitivity: "accent" }, { caseFirst: "upper" }]) {
  const { compare } = new Intl.Collator("en", options);
  const simple = pairs.filter((pair) => !pair.some((word) => ["ß", "æ", "ø", "ı", "İ", "ł"].includes(word)));
  console.log(JSON.stringify(["Collator", "en", options, "compare", simple.map((pair) => [pair, compare(...pair)])]));
}

const texts = ["Hello, world! It's 3.14 o'clock (e.g. now). Really? Yes.", "a👨‍👩‍👧e\u0301🇩🇪🇫🇷x\r\ny", "Ελληνικά και русский: «да»?\nצה״ל עברית", "한국어 텍스트", "नमस्ते दुनिया"];
for (const granularity of ["grapheme", "word", "sentence"]) {
  const segmenter = new Intl.Segmenter("en", { granularity });
  const lengths = (text) => [...segmenter.segment(text)].map((s) => (s.isWordLike === false ? -s.segment.length : s.segment.length));
  console.log(JSON.stringify(["Segmenter", "en", { granularity }, "segment", texts.map((text) => [[text], lengths(text)])]));
}

const tags = ["en-us", "ZH-hant-tw", "iw", "sr-latn", "de-DE-1996", "x-default-u", "en-u-nu-latn-ca-gregory", "art-lojban", "zh-min-nan", "sgn-de", "en-t-hi-latn-m0-bgn", "no-bok", "sh", "hy-arevela", "de-SU", "und-a-bc", "i-klingon", "en-u-attr-kn-true", "cmn", "ro-mo", "en-x-Y", "zh-cmn-hans", "ja-latn-hepburn-heploc"];
console.log(JSON.stringify(["getCanonicalLocales", "", {}, "", tags.map((tag) => {
  try {
    return [[tag], Intl.getCanonicalLocales(tag)[0]];
  } catch {
    return [[tag], null];
  }
})]));
const locales2 = ["en", "zh-TW", "sr", "zh", "de-Latn-DE", "und-US", "und-Cyrl", "ar", "en-GB", "pt-BR", "az-Arab", "hi", "uz-AF", "und", "yue-CN"];
for (const method of ["maximize", "minimize"]) {
  console.log(JSON.stringify(["Locale", "", {}, method, locales2.map((tag) => [[tag], String(new Intl.Locale(tag)[method]())])]));
}
