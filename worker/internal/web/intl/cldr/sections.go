package main

import (
	"slices"
	"strings"
)

var sections = map[string]section{
	"dates": func(g *generator, locale string, put func(any, ...string)) {
		dates := g.read("cldr-dates-full/main/"+locale+"/ca-gregorian.json", "main", locale, "dates", "calendars", "gregorian")
		for _, name := range []string{"months", "days", "dayPeriods", "eras", "dateFormats", "timeFormats", "dateTimeFormats"} {
			put(dates[name], name)
		}
		put(at(dates, "dateTimeFormats-atTime", "standard"), "atTime")
		fields := g.read("cldr-dates-full/main/"+locale+"/dateFields.json", "main", locale, "dates", "fields")
		for name, field := range fields {
			put(field.(object)["displayName"], "fields", name)
		}
	},
	"relative": func(g *generator, locale string, put func(any, ...string)) {
		fields := g.read("cldr-dates-full/main/"+locale+"/dateFields.json", "main", locale, "dates", "fields")
		for name, field := range fields {
			unit, _, _ := strings.Cut(name, "-")
			if !slices.Contains([]string{"year", "quarter", "month", "week", "day", "hour", "minute", "second"}, unit) {
				continue
			}
			for key, value := range field.(object) {
				kind := strings.NewReplacer("relative-type-", "", "relativeTime-type-", "").Replace(key)
				switch value := value.(type) {
				case string:
					if kind != key {
						put(value, name, kind)
					}
				case object:
					for count, pattern := range value {
						put(pattern, name, kind, strings.TrimPrefix(count, "relativeTimePattern-count-"))
					}
				}
			}
		}
	},
	"zones": func(g *generator, locale string, put func(any, ...string)) {
		names := g.read("cldr-dates-full/main/"+locale+"/timeZoneNames.json", "main", locale, "dates", "timeZoneNames")
		// The name of a city is shown only for zones that do not share their names with others. It is the end of the name of
		// the zone unless a locale has another.
		used := map[string]string{}
		flatten(used, names, "")
		for key, value := range used {
			zone, isCity := strings.CutSuffix(strings.TrimPrefix(key, "zone/"), "/exemplarCity")
			if _, ok := g.zones()[zone]; !isCity || ok && len(g.zones()[zone].current()) == 0 {
				put(value, key)
			}
		}
	},
	"numbers": func(g *generator, locale string, put func(any, ...string)) {
		numbers := g.read("cldr-numbers-full/main/"+locale+"/numbers.json", "main", locale, "numbers")
		put(numbers["defaultNumberingSystem"], "default")
		put(numbers["minimumGroupingDigits"], "minimumGroupingDigits")
		put(at(numbers, "otherNumberingSystems")["native"], "native")
		native := text(at(numbers, "otherNumberingSystems")["native"])
		for _, system := range []string{text(numbers["defaultNumberingSystem"]), native, "latn"} {
			for _, name := range []string{"symbols", "decimalFormats", "scientificFormats", "percentFormats", "currencyFormats", "miscPatterns"} {
				put(numbers[name+"-numberSystem-"+system], system, name)
			}
		}
	},
	"currencies": func(g *generator, locale string, put func(any, ...string)) {
		current := g.currentCurrencies()
		for code, values := range g.read("cldr-numbers-full/main/"+locale+"/currencies.json", "main", locale, "numbers", "currencies") {
			for name, value := range values.(object) {
				plural := strings.HasPrefix(name, "displayName-")
				if slices.Contains(current, code) && (!plural || slices.Contains(strings.Fields(countedCurrencies), code)) {
					put(value, code, name)
				}
			}
		}
	},
	"units": func(g *generator, locale string, put func(any, ...string)) {
		units := g.read("cldr-units-full/main/"+locale+"/units.json", "main", locale, "units")
		for _, width := range []string{"long", "short", "narrow"} {
			put(at(units, width, "per")["compoundUnitPattern"], width, "per")
			for name, unit := range at(units, width) {
				_, name, _ = strings.Cut(name, "-")
				if !slices.Contains(strings.Fields(sanctioned), name) {
					continue
				}
				for key, value := range unit.(object) {
					switch count, ok := strings.CutPrefix(key, "unitPattern-count-"); {
					case ok:
						put(value, width, name, count)
					case key == "perUnitPattern":
						put(value, width, name, "per")
					}
				}
			}
		}
	},
	"lists": func(g *generator, locale string, put func(any, ...string)) {
		for name, value := range g.read("cldr-misc-full/main/"+locale+"/listPatterns.json", "main", locale, "listPatterns") {
			put(value, strings.TrimPrefix(name, "listPattern-type-"))
		}
	},
	"names": func(g *generator, locale string, put func(any, ...string)) {
		folder := "cldr-localenames-full/main/" + locale + "/"
		known := g.namedLanguages()
		for code, name := range g.read(folder+"languages.json", "main", locale, "localeDisplayNames", "languages") {
			if language, _, _ := strings.Cut(code, "-"); slices.Contains(known, language) && !strings.Contains(code, "menu") {
				put(name, "language", code)
			}
		}
		for code, name := range g.read(folder+"scripts.json", "main", locale, "localeDisplayNames", "scripts") {
			if slices.Contains(strings.Fields(scripts), code) {
				put(name, "script", code)
			}
		}
		put(g.read(folder+"territories.json", "main", locale, "localeDisplayNames", "territories"), "region")
		names := g.read(folder+"localeDisplayNames.json", "main", locale, "localeDisplayNames")
		put(names["localeDisplayPattern"], "pattern")
		put(at(names, "types")["calendar"], "calendar")
	},
}

// countedCurrencies are those whose names have plurals: the ones that are traded most.
const countedCurrencies = `AED ARS AUD BDT BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR IRR ISK JPY KES KRW MAD MXN
MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR`

// currentCurrencies returns the codes of the currencies that are in use.
func (g *generator) currentCurrencies() []string {
	if g.currencies != nil {
		return g.currencies
	}
	regions := g.read("cldr-core/supplemental/currencyData.json", "supplemental", "currencyData", "region")
	for _, uses := range regions {
		for _, use := range uses.([]any) {
			for code, dates := range use.(object) {
				if at(dates.(object))["_to"] == nil && at(dates.(object))["_tender"] != "false" {
					g.currencies = append(g.currencies, code)
				}
			}
		}
	}
	slices.Sort(g.currencies)
	g.currencies = slices.Compact(g.currencies)
	return g.currencies
}

// scripts are those that have names: the ones that are in use.
const scripts = `Adlm Arab Aran Armn Beng Bopo Brai Cakm Cans Cher Cyrl Deva Ethi Geor Grek Gujr Guru Hanb Hang Hani Hans Hant
Hebr Hira Hrkt Jamo Jpan Kana Khmr Knda Kore Laoo Latn Mlym Mong Mtei Mymr Nkoo Olck Orya Rohg Sinh Sund Syrc Taml Telu Tfng
Thaa Thai Tibt Vaii Yiii Zmth Zsye Zsym Zxxx Zyyy Zzzz`

// namedLanguages returns the languages that have names: those with two letters, and those for which CLDR has more than
// the basic data.
func (g *generator) namedLanguages() []string {
	if g.named != nil {
		return g.named
	}
	g.named = strings.Fields("und mul zxx mis fil yue haw ckb gsw")
	for locale, level := range g.read("cldr-core/coverageLevels.json", "effectiveCoverageLevels") {
		if language, _, _ := strings.Cut(locale, "-"); level != "basic" {
			g.named = append(g.named, language)
		}
	}
	for code := range g.read("cldr-localenames-full/main/en/languages.json", "main", "en", "localeDisplayNames", "languages") {
		if len(code) == 2 {
			g.named = append(g.named, code)
		}
	}
	return g.named
}

// sanctioned are the units of NumberFormat and those that CLDR has for quotients of them (ECMA-402, table 2).
//
//nolint:misspell // the names are those of the standard
const sanctioned = `acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram
hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian
milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week
yard year kilometer-per-hour mile-per-hour meter-per-second liter-per-kilometer mile-per-gallon`
