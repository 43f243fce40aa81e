package intl

import (
	"slices"
	"strings"
	"sync"
)

// DefaultLocale is the locale that is used when no requested one is available.
const DefaultLocale = "en-US"

// Supported reports which of some canonical locale identifiers are available, in their order.
func Supported(requested []string) []string {
	supported := []string{}
	for _, locale := range requested {
		if t, err := parseTag(locale); err == nil && bestAvailable(t.name()) != "" {
			supported = append(supported, locale)
		}
	}
	return supported
}

// available has the names of all locales for which there is data.
var available = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, name := range lines("locales") {
		if name == root {
			continue
		}
		names[name] = true
		if t, _ := parseTag(name); t.script != "" && t.region != "" {
			short := tag{language: t.language, region: t.region}
			if short.maximise().script == t.script {
				names[short.name()] = true
			}
		}
	}
	return names
})

// bestAvailable returns the longest prefix of a locale that is available (ECMA-402, BestAvailableLocale), or an empty
// string.
func bestAvailable(locale string) string {
	for locale != "" && !available()[locale] {
		locale, _ = cutLast(locale, "-")
	}
	return locale
}

// negotiation is the result of the choice of a locale.
type negotiation struct {
	locale string            // with the keywords that have an effect
	data   *localeData       // of the locale
	values map[string]string // of the relevant keywords that were requested or are set by options
}

// negotiate chooses the first requested locale that is available, and takes the values of the keywords keys from options,
// which have precedence, and from the locale (ECMA-402, ResolveLocale). valid reports whether a value is supported; a value
// that is not has no effect.
func negotiate(requested []string, keys []string, options map[string]string, valid func(data *localeData, key, value string) bool) negotiation {
	name, asked := DefaultLocale, tag{}
	for _, locale := range requested {
		t, err := parseTag(locale)
		if err != nil {
			continue
		}
		if found := bestAvailable(t.name()); found != "" {
			name, asked = found, t
			break
		}
	}
	result := negotiation{data: dataOf(name), values: map[string]string{}}
	chosen, _ := parseTag(name)
	for _, key := range keys {
		value, ok := asked.keyword(key)
		if ok && value == "" {
			value = "true"
		}
		ok = ok && valid(result.data, key, value)
		if ok {
			result.values[key] = value
		}
		if option := strings.ToLower(options[key]); option != "" && option != value && valid(result.data, key, option) {
			result.values[key] = option
			ok = false
		}
		if ok {
			if value == "true" {
				value = ""
			}
			chosen.setKeyword(key, &value)
		}
	}
	result.locale = chosen.String()
	return result
}

// region returns the region of a locale, which is the likely one if the locale has none.
func (n negotiation) region() string {
	t, _ := parseTag(n.locale)
	if value, ok := t.keyword("rg"); ok && len(value) > 2 {
		return strings.ToUpper(value[:2])
	}
	return t.maximise().region
}

var currencies = readJSON[[]string]("currencies")

// Values returns what is supported of a kind, sorted (ECMA-402, Intl.supportedValuesOf). The boolean is false if there is
// no such kind.
func Values(kind string) (values []string, ok bool) {
	switch kind {
	case "calendar":
		return slices.Clone(calendars), true
	case "collation":
		return []string{"emoji", "eor", "phonebk", "pinyin", "searchjl", "stroke", "trad", "zhuyin"}, true
	case "currency":
		return slices.Clone(currencies()), true
	case "numberingSystem":
		for system := range digits() {
			values = append(values, system)
		}
	case "timeZone":
		values = zoneNames()
	case "unit":
		values = slices.Clone(simpleUnits)
	default:
		return nil, false
	}
	slices.Sort(values)
	return values, true
}
