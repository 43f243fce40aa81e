package intl

import (
	"slices"
	"strings"
)

// simpleUnits are the units that the standard requires (ECMA-402, table 2).
//
//nolint:misspell // the names are those of the standard
var simpleUnits = strings.Fields(`acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit
	gigabyte gram hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile
	mile-scandinavian milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone
	terabit terabyte week yard year`)

func (f *NumberFormat) hasUnit(unit string) bool {
	numerator, denominator, ok := strings.Cut(unit, "-per-")
	return slices.Contains(simpleUnits, numerator) && (!ok || slices.Contains(simpleUnits, denominator))
}

func (f *NumberFormat) unitText(unit, category string) string {
	key := f.options.UnitDisplay + "/" + unit + "/"
	return f.data.get("units", key+category, key+"other", "short/"+unit+"/"+category, "short/"+unit+"/other")
}

// unitModifier returns what surrounds a number with a plural category.
func (f *NumberFormat) unitModifier(category string) modifier {
	if text := f.unitText(f.options.Unit, category); text != "" {
		return splitPattern(text, "unit")
	}
	numerator, denominator, _ := strings.Cut(f.options.Unit, "-per-")
	text := f.unitText(numerator, category)
	if per := f.data.get("units", f.options.UnitDisplay+"/"+denominator+"/per"); per != "" {
		return splitPattern(strings.ReplaceAll(per, "{0}", text), "unit")
	}
	name := strings.TrimFunc(strings.ReplaceAll(f.unitText(denominator, "one"), "{0}", ""), isPadding)
	compound := f.data.get("units", f.options.UnitDisplay+"/per")
	return splitPattern(strings.NewReplacer("{0}", text, "{1}", name).Replace(compound), "unit")
}

func (f *NumberFormat) currencyNameModifier(category string) modifier {
	code := f.options.Currency
	name := f.data.get("currencies", code+"/displayName-count-"+category, code+"/displayName-count-other", code+"/displayName")
	setDefault(&name, code)
	pattern := f.number("currencyFormats/unitPattern-count-" + category)
	setDefault(&pattern, f.number("currencyFormats/unitPattern-count-other"))
	return splitPattern(strings.ReplaceAll(pattern, "{1}", name), "currency")
}

// splitPattern returns the parts before and after {0}.
func splitPattern(text, kind string) modifier {
	before, after, ok := strings.Cut(text, "{0}")
	return modifier{prefix: symbolParts(kind, before), suffix: symbolParts(kind, after), replaces: !ok}
}
