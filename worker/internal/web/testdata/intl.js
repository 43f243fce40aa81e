const when = new Date(Date.UTC(2024, 0, 9, 20, 5, 3));

test("methods of built-in objects use the locale", () => {
  equal(when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }), "20:05");
  equal([when.toLocaleString(), when.toLocaleDateString(), when.toLocaleTimeString()], ["1/9/2024, 8:05:03 PM", "1/9/2024", "8:05:03 PM"]);
  equal(when.toLocaleDateString("de-DE", { weekday: "long", year: "numeric", month: "long", day: "numeric" }), "Dienstag, 9. Januar 2024");
  equal([(1234567.891).toLocaleString(), (1234.5).toLocaleString("de", { style: "currency", currency: "EUR" })], ["1,234,567.891", "1.234,50\u00a0€"]);
  equal(12345678901234567890n.toLocaleString("en-IN"), "1,23,45,67,89,01,23,45,67,890");
  equal(["b", "a", "C", "ä"].sort((x, y) => x.localeCompare(y)), ["a", "ä", "b", "C"]);
  equal(["z", "ä"].sort(new Intl.Collator("sv").compare), ["z", "ä"]);
  equal(["i".toLocaleUpperCase("tr"), "I".toLocaleLowerCase("tr"), "i".toLocaleUpperCase()], ["İ", "ı", "I"]);
  equal([1234, when, null, "x"].toLocaleString("en-GB"), "1,234,09/01/2024, 20:05:03,,x");
  equal(new Date(NaN).toLocaleString(), "Invalid Date");
});

test("methods have the attributes of built-in ones", () => {
  for (const [object, name, length] of [[Date.prototype, "toLocaleString", 0], [String.prototype, "localeCompare", 1], [Number.prototype, "toLocaleString", 0]]) {
    const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(object, name);
    equal([value.name, value.length, writable, enumerable, configurable], [name, length, true, false, true], name);
    throws(() => new value(), "TypeError");
  }
  throws(() => Date.prototype.toLocaleString.call({}), "TypeError");
  throws(() => String.prototype.localeCompare.call(null, "a"), "TypeError");
  throws(() => when.toLocaleDateString("en", { timeStyle: "short" }), "TypeError", "timeStyle");
  throws(() => when.toLocaleTimeString("en", { dateStyle: "short" }), "TypeError", "dateStyle");
});

test("the shape of Intl", () => {
  const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, "Intl");
  equal([String(Intl), writable, enumerable, configurable], ["[object Intl]", true, false, true]);
  const names = ["Collator", "DateTimeFormat", "DisplayNames", "ListFormat", "Locale", "NumberFormat", "PluralRules", "RelativeTimeFormat", "Segmenter"];
  for (const name of names) {
    const constructor = Intl[name], descriptor = Object.getOwnPropertyDescriptor(Intl, name);
    equal([constructor.name, descriptor.enumerable, descriptor.writable], [name, false, true]);
    equal(constructor.prototype[Symbol.toStringTag], `Intl.${name}`);
    equal(Object.getOwnPropertyDescriptor(constructor, "prototype").writable, false);
    if (name !== "Locale") equal(constructor.supportedLocalesOf(["de", "xx", "en-GB"]), ["de", "en-GB"], name);
  }
  equal([Intl.NumberFormat.length, Intl.DisplayNames.length, Intl.Locale.length, Intl.supportedValuesOf.length], [0, 2, 1, 1]);
});

test("constructors that need new, and those that do not", () => {
  ok(Intl.NumberFormat() instanceof Intl.NumberFormat && Intl.DateTimeFormat() instanceof Intl.DateTimeFormat && Intl.Collator() instanceof Intl.Collator, "they can be called");
  for (const name of ["DisplayNames", "ListFormat", "Locale", "PluralRules", "RelativeTimeFormat", "Segmenter"]) throws(() => Intl[name]("en", { type: "region" }), "TypeError");
  class Mine extends Intl.NumberFormat {}
  ok(new Mine("de") instanceof Mine && new Mine("de").format(1.5) === "1,5", "subclasses work");
  throws(() => Intl.NumberFormat.prototype.formatToParts.call({}, 1), "TypeError", "incompatible receiver");
  throws(() => Object.getOwnPropertyDescriptor(Intl.NumberFormat.prototype, "format").get.call(new Intl.Collator()), "TypeError");
});

test("locales", () => {
  equal(Intl.getCanonicalLocales(["EN-us", "zh-hant-tw", "en-US", "iw"]), ["en-US", "zh-Hant-TW", "he"]);
  equal(Intl.getCanonicalLocales("de-u-nu-latn-co-phonebk"), ["de-u-co-phonebk-nu-latn"]);
  equal(Intl.getCanonicalLocales(), []);
  for (const locale of ["", "e", "en_US", "en-", "en-a", "x-y", "de-de-de", "en-u-nu-latn-u-co-emoji"]) throws(() => Intl.getCanonicalLocales(locale), "RangeError");
  for (const locales of [null, [1], [null]]) throws(() => new Intl.NumberFormat(locales), "TypeError");
  equal(new Intl.NumberFormat(["xx", "de-CH-u-nu-arab"]).resolvedOptions().locale, "de-CH-u-nu-arab");
  equal([new Intl.NumberFormat("xx").resolvedOptions().locale, new Intl.NumberFormat().resolvedOptions().locale], ["en-US", "en-US"]);
  equal(new Intl.DateTimeFormat(new Intl.Locale("fr-CA")).resolvedOptions().locale, "fr-CA");
});

test("errors of options", () => {
  for (const [name, options, error] of [
    ["NumberFormat", { style: "currency" }, "TypeError"], ["NumberFormat", { style: "unit" }, "TypeError"], ["NumberFormat", { style: "x" }, "RangeError"],
    ["NumberFormat", { currency: "12" }, "RangeError"], ["NumberFormat", { unit: "parsec" }, "RangeError"], ["NumberFormat", { maximumFractionDigits: 101 }, "RangeError"],
    ["NumberFormat", { minimumFractionDigits: 3, maximumFractionDigits: 2 }, "RangeError"], ["NumberFormat", { roundingIncrement: 3 }, "RangeError"],
    ["NumberFormat", { roundingIncrement: 5, maximumSignificantDigits: 2 }, "TypeError"], ["NumberFormat", { numberingSystem: "a" }, "RangeError"], ["NumberFormat", null, "TypeError"],
    ["DateTimeFormat", { timeZone: "Mars/Olympus" }, "RangeError"], ["DateTimeFormat", { dateStyle: "short", year: "numeric" }, "TypeError"], ["DateTimeFormat", { fractionalSecondDigits: 4 }, "RangeError"],
    ["DateTimeFormat", { hourCycle: "h13" }, "RangeError"], ["DateTimeFormat", { month: "wide" }, "RangeError"], ["ListFormat", 1, "TypeError"], ["ListFormat", { type: "x" }, "RangeError"],
    ["DisplayNames", undefined, "TypeError"], ["DisplayNames", {}, "TypeError"], ["PluralRules", { type: "x" }, "RangeError"], ["Collator", { usage: "x" }, "RangeError"], ["Segmenter", { granularity: "line" }, "RangeError"],
    ["Collator", { localeMatcher: "x" }, "RangeError"],
  ]) throws(() => new Intl[name]("en", options), error);
  throws(() => new Intl.DateTimeFormat().format(NaN), "RangeError", "Invalid time value");
  throws(() => new Intl.DateTimeFormat().formatRange(1), "TypeError");
  throws(() => new Intl.RelativeTimeFormat().format(1, "days ago"), "RangeError");
  throws(() => new Intl.RelativeTimeFormat().format(Infinity, "day"), "RangeError");
  throws(() => new Intl.ListFormat().format([1]), "TypeError");
  throws(() => new Intl.DisplayNames("en", { type: "region" }).of("x"), "RangeError");
  throws(() => Intl.supportedValuesOf("color"), "RangeError");
});

test("format and compare are bound, and the same function each time", () => {
  const { format } = new Intl.NumberFormat("de"), dates = new Intl.DateTimeFormat("en"), collator = new Intl.Collator();
  equal([[1.5, 2].map(format), format.name, format.length], [["1,5", "2"], "", 1]);
  ok(dates.format === dates.format && collator.compare === collator.compare, "the same function");
  equal(["b", "A"].sort(collator.compare), ["A", "b"]);
});

test("NumberFormat", () => {
  const format = (value, options, locale = "en") => new Intl.NumberFormat(locale, options).format(value);
  equal([format("12345678901234567890.5"), format(123n), format("  0x10 "), format("abc"), format(undefined), format(null), format(-0), format(true)], ["12,345,678,901,234,567,890.5", "123", "16", "NaN", "NaN", "0", "-0", "1"]);
  equal([format(1e21), format({ valueOf: () => 5 }), format("1e999999999"), format("1e-999999999")], ["1,000,000,000,000,000,000,000", "5", "∞", "0"]);
  equal([format("9".repeat(1e6)), format("0".repeat(1e6) + "7"), format("0." + "3".repeat(1e6)), format("")], ["∞", "7", "0.333", "0"]);
  equal([format(0.256, { style: "percent" }), format(1234, { notation: "compact" }), format(5, { style: "unit", unit: "liter", unitDisplay: "long" })], ["26%", "1.2K", "5 liters"]);
  equal(format(1e6, { useGrouping: false }), "1000000");
  equal(new Intl.NumberFormat("en", { style: "currency", currency: "usd" }).formatToParts(-1.5).map((part) => part.type), ["minusSign", "currency", "integer", "decimal", "fraction"]);
  equal(new Intl.NumberFormat("en").formatRange(1, 2), "1–2");
  const { numberingSystem, maximumFractionDigits, useGrouping, roundingMode, style } = new Intl.NumberFormat("ar-EG").resolvedOptions();
  equal([numberingSystem, maximumFractionDigits, useGrouping, roundingMode, style], ["arab", 3, "auto", "halfExpand", "decimal"]);
});

test("DateTimeFormat", () => {
  const format = (options, locale = "en") => new Intl.DateTimeFormat(locale, options).format(when);
  equal([format({ timeZone: "America/New_York", timeStyle: "long" }), format({ timeZone: "asia/tokyo", dateStyle: "full" }, "ja")], ["3:05:03 PM EST", "2024年1月10日水曜日"]);
  equal(format({ timeZone: "+05:30", hour: "numeric", minute: "2-digit", timeZoneName: "longOffset" }), "1:35 AM GMT+05:30");
  const { timeZone, calendar, hourCycle, hour12, locale } = new Intl.DateTimeFormat("en-GB", { hour: "numeric" }).resolvedOptions();
  equal([timeZone, calendar, hourCycle, hour12, locale], ["UTC", "gregory", "h23", false, "en-GB"]);
  equal(new Intl.DateTimeFormat("en", { timeZone: "us/pacific" }).resolvedOptions().timeZone, "America/Los_Angeles");
  equal(new Intl.DateTimeFormat("en", { hour: "numeric", minute: "numeric" }).formatToParts(when).map((part) => part.value).join("|"), "8|:|05|\u202f|PM");
  equal(new Intl.DateTimeFormat("en", { dateStyle: "medium" }).formatRange(when, new Date(Date.UTC(2024, 0, 12))), "Jan 9\u2009–\u200912, 2024");
  equal(new Intl.DateTimeFormat("en", { month: "long" }).resolvedOptions().month, "long");
  equal([format({ hour: "numeric", hour12: false }), format({ hour: "numeric", hour12: true }, "de")], ["20", "8 PM"]);
});

test("PluralRules, ListFormat, RelativeTimeFormat and DisplayNames", () => {
  equal([1, 2, 3, 4].map((n) => new Intl.PluralRules("en", { type: "ordinal" }).select(n)), ["one", "two", "few", "other"]);
  equal(new Intl.PluralRules("ar").resolvedOptions().pluralCategories, ["few", "many", "one", "two", "zero", "other"]);
  equal(new Intl.ListFormat("en", { type: "disjunction" }).format(new Set(["a", "b", "c"])), "a, b, or c");
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  equal([relative.format(-1, "days"), relative.format(3, "hour"), relative.format(-0, "second")], ["yesterday", "in 3 hours", "now"]);
  equal(relative.formatToParts(5, "day"), [{ type: "literal", value: "in " }, { type: "integer", value: "5", unit: "day" }, { type: "literal", value: " days" }]);
  const names = new Intl.DisplayNames("de", { type: "region", fallback: "none" });
  equal([names.of("US"), names.of("zz"), new Intl.DisplayNames("en", { type: "language" }).of("pt-BR")], ["Vereinigte Staaten", "Unbekannte Region", "Brazilian Portuguese"]);
  equal(new Intl.DisplayNames("en", { type: "currency", fallback: "none" }).of("QQQ"), undefined);
});

test("Collator", () => {
  const compare = (options, locale = "en") => new Intl.Collator(locale, options).compare;
  equal(["file10", "file9", "file1"].sort(compare({ numeric: true })), ["file1", "file9", "file10"]);
  equal([compare({ sensitivity: "base" })("a", "Á"), compare({ sensitivity: "accent" })("a", "A"), compare({ sensitivity: "accent" })("a", "á"), compare({ sensitivity: "case" })("a", "á"), compare({ sensitivity: "case" })("a", "A")], [0, 0, -1, 0, -1]);
  equal([compare()("a", "A"), compare({ caseFirst: "upper" })("a", "A"), compare({ ignorePunctuation: true })("co-op", "coop")], [-1, 1, 0]);
  equal(["Ä", "Ad", "Af"].sort(compare({}, "de-u-co-phonebk")), ["Ad", "Ä", "Af"]);
  const { locale, usage, sensitivity, numeric, collation } = new Intl.Collator("de-u-kn").resolvedOptions();
  equal([locale, usage, sensitivity, numeric, collation], ["de-u-kn", "sort", "variant", true, "default"]);
});

test("Segmenter", () => {
  const segments = (text, granularity) => [...new Intl.Segmenter("en", { granularity }).segment(text)];
  equal(segments("a👨‍👩‍👧e\u0301").map((s) => [s.segment, s.index]), [["a", 0], ["👨‍👩‍👧", 1], ["e\u0301", 9]]);
  equal(segments("Hi, you.", "word").map((s) => [s.segment, s.isWordLike]), [["Hi", true], [",", false], [" ", false], ["you", true], [".", false]]);
  equal(segments("One. Two?", "sentence").map((s) => s.segment), ["One. ", "Two?"]);
  const found = new Intl.Segmenter().segment("ab👍");
  equal([found.containing(3).segment, found.containing(3).index, found.containing(4), found.containing(-1), found.containing().segment], ["👍", 2, undefined, undefined, "a"]);
  equal([...found].length, 3);
  equal(found[Symbol.iterator]()[Symbol.toStringTag], "Segmenter String Iterator");
});

test("Locale", () => {
  const locale = new Intl.Locale("en-latn-us-u-ca-gregory-hc-h12", { region: "GB", hourCycle: "h23" });
  equal([String(locale), locale.baseName, locale.language, locale.script, locale.region, locale.calendar, locale.hourCycle, locale.numeric, locale.collation], ["en-Latn-GB-u-ca-gregory-hc-h23", "en-Latn-GB", "en", "Latn", "GB", "gregory", "h23", false, undefined]);
  equal([String(new Intl.Locale("zh-TW").maximize()), String(new Intl.Locale("en-Latn-US").minimize())], ["zh-Hant-TW", "en"]);
  equal([new Intl.Locale("de").getWeekInfo(), new Intl.Locale("ar").getTextInfo()], [{ firstDay: 1, weekend: [6, 7], minimalDays: 4 }, { direction: "rtl" }]);
  equal(new Intl.Locale("de-AT").getTimeZones(), ["Europe/Vienna"]);
  throws(() => new Intl.Locale(), "TypeError");
  throws(() => new Intl.Locale("en", { script: "x" }), "RangeError");
});

test("supportedValuesOf", () => {
  ok(Intl.supportedValuesOf("currency").includes("EUR") && Intl.supportedValuesOf("timeZone").includes("Europe/Berlin"), "they include usual values");
  for (const key of ["calendar", "collation", "currency", "numberingSystem", "timeZone", "unit"]) {
    const values = Intl.supportedValuesOf(key);
    equal(values, [...values].sort(), key);
  }
});
