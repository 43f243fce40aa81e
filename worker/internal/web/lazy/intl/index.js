import { define, host } from "shared";
import { DateTimeFormat } from "./date.js";
import { Locale } from "./locale.js";
import { NumberFormat, PluralRules } from "./number.js";
import { Segmenter } from "./segmenter.js";
import { localeList } from "./service.js";
import { Collator, DisplayNames, ListFormat, RelativeTimeFormat } from "./text.js";

export const Intl = {};
define(Intl, {
  Collator, DateTimeFormat, DisplayNames, ListFormat, Locale, NumberFormat, PluralRules, RelativeTimeFormat, Segmenter,
  getCanonicalLocales: { getCanonicalLocales(locales) { return localeList(locales); } }.getCanonicalLocales,
  supportedValuesOf: { supportedValuesOf(key) { return host.intlValues(String(key)); } }.supportedValuesOf,
});
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });

export { methodOf } from "./methods.js";
