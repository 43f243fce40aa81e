package web

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/intl"
)

// intlFunctions are the host functions of the bundle intl.
var intlFunctions = map[string]engine.HostFunc{
	"intlCanonical": intlCanonical,
	"intlSupported": intlSupported,
	"intlMake":      intlMake,
	"intlCall":      intlCall,
	"intlLocale":    intlLocale,
	"intlSegments":  intlSegments,
	"intlValues":    intlValues,
	"intlCase":      intlCase,
}

func stringsOf(args []engine.Value) []string {
	list := make([]string, len(args))
	for i, arg := range args {
		list[i] = arg.String()
	}
	return list
}

func stringList(list []string) engine.Value {
	values := make([]engine.Value, len(list))
	for i, s := range list {
		values[i] = engine.String(s)
	}
	return engine.List(values...)
}

// intlCanonical(locale) returns the canonical form of a locale identifier.
func intlCanonical(args []engine.Value) (engine.Value, error) {
	canonical, err := intl.Canonicalize(argument(args, 0).String())
	if err != nil {
		return engine.Undefined(), rangeError(err.Error())
	}
	return engine.String(canonical), nil
}

// intlSupported(...locales) returns those of the locales that are available.
func intlSupported(args []engine.Value) (engine.Value, error) {
	return stringList(intl.Supported(stringsOf(args))), nil
}

// intlValues(kind) returns the values of supportedValuesOf.
func intlValues(args []engine.Value) (engine.Value, error) {
	values, ok := intl.Values(argument(args, 0).String())
	if !ok {
		return engine.Undefined(), rangeError("Invalid key : " + argument(args, 0).String())
	}
	return stringList(values), nil
}

// intlLocale(tag, options) returns the properties of an Intl.Locale as JSON.
func intlLocale(args []engine.Value) (engine.Value, error) {
	var changes intl.LocaleOptions
	if err := json.Unmarshal([]byte(argument(args, 1).String()), &changes); err != nil {
		return engine.Undefined(), err
	}
	info, err := intl.NewLocale(argument(args, 0).String(), changes)
	if err != nil {
		return engine.Undefined(), rangeError(err.Error())
	}
	return marshal(info)
}

func marshal(value any) (engine.Value, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return engine.Undefined(), err
	}
	return engine.Text(text), nil
}

// intlCase(text, upper, ...locales) converts a text to upper or lower case.
func intlCase(args []engine.Value) (engine.Value, error) {
	return engine.String(intl.Case(args[0].String(), args[1].Bool(), stringsOf(args[2:]))), nil
}

// intlSegments(text, granularity) returns the lengths of the segments of a text.
func intlSegments(args []engine.Value) (engine.Value, error) {
	lengths := intl.Segments(argument(args, 0).String(), argument(args, 1).String())
	values := make([]engine.Value, len(lengths))
	for i, n := range lengths {
		values[i] = engine.Int(n)
	}
	return engine.List(values...), nil
}

// maxFormats is the number of formats that are kept. An application usually needs a few.
const maxFormats = 256

// formats has the formats of all runtimes by their keys. They do not change.
var formats struct {
	sync.Mutex
	byKey map[string]intlFormat
}

// intlFormat is a format of the package intl. call calls a method of it.
type intlFormat struct {
	resolved intl.Resolved
	call     func(method string, args []engine.Value) (engine.Value, error)
}

// formatOf returns the format for a key, which has three lines: the service, the locales and the options as JSON.
func formatOf(key string) (intlFormat, error) {
	formats.Lock()
	format, ok := formats.byKey[key]
	formats.Unlock()
	if ok {
		return format, nil
	}
	parts := strings.SplitN(key, "\n", 3)
	if len(parts) != 3 {
		return format, errors.New("a format needs a service, locales and options")
	}
	var locales []string
	if parts[1] != "" {
		locales = strings.Split(parts[1], ",")
	}
	format, err := newFormat(parts[0], locales, []byte(parts[2]))
	if err != nil {
		return format, rangeError(err.Error())
	}
	formats.Lock()
	defer formats.Unlock()
	if formats.byKey == nil || len(formats.byKey) >= maxFormats {
		formats.byKey = map[string]intlFormat{}
	}
	formats.byKey[strings.Clone(key)] = format
	return format, nil
}

// intlMake(key) returns the properties of resolvedOptions as JSON.
func intlMake(args []engine.Value) (engine.Value, error) {
	format, err := formatOf(argument(args, 0).String())
	if err != nil {
		return engine.Undefined(), err
	}
	return marshal(format.resolved)
}

// intlCall(key, method, ...args) calls a method of a format. Its result is a text, a number, or JSON for parts.
func intlCall(args []engine.Value) (engine.Value, error) {
	format, err := formatOf(argument(args, 0).String())
	if err != nil {
		return engine.Undefined(), err
	}
	return format.call(argument(args, 1).String(), args[2:])
}

func newFormat(service string, locales []string, options []byte) (intlFormat, error) {
	switch service {
	case "NumberFormat":
		return bindFormat(intl.NewNumberFormat, locales, options, callNumberFormat)
	case "DateTimeFormat":
		return bindFormat(intl.NewDateTimeFormat, locales, options, callDateFormat)
	case "PluralRules":
		return bindFormat(intl.NewPluralRules, locales, options, callPluralRules)
	case "Collator":
		return bindFormat(intl.NewCollator, locales, options, func(c *intl.Collator, _ string, args []engine.Value) (engine.Value, error) {
			return engine.Int(c.Compare(argument(args, 0).String(), argument(args, 1).String())), nil
		})
	case "ListFormat":
		return bindFormat(intl.NewListFormat, locales, options, func(f *intl.ListFormat, method string, args []engine.Value) (engine.Value, error) {
			if method == "format" {
				return engine.String(f.Format(stringsOf(args))), nil
			}
			return marshal(f.FormatToParts(stringsOf(args)))
		})
	case "RelativeTimeFormat":
		return bindFormat(intl.NewRelativeTimeFormat, locales, options, func(f *intl.RelativeTimeFormat, method string, args []engine.Value) (engine.Value, error) {
			if method == "format" {
				return engine.String(f.Format(argument(args, 0).String(), argument(args, 1).String())), nil
			}
			return marshal(f.FormatToParts(argument(args, 0).String(), argument(args, 1).String()))
		})
	case "DisplayNames":
		return bindFormat(intl.NewDisplayNames, locales, options, func(d *intl.DisplayNames, _ string, args []engine.Value) (engine.Value, error) {
			return textOr(d.Of(argument(args, 0).String()))
		})
	case "Segmenter":
		return bindFormat(intl.NewSegmenter, locales, options, func(*intl.Segmenter, string, []engine.Value) (engine.Value, error) {
			return engine.Undefined(), nil
		})
	}
	return intlFormat{}, errors.New("there is no service named " + service)
}

// bindFormat makes a format of options in JSON.
func bindFormat[O any, F interface{ Resolved() intl.Resolved }](
	create func([]string, O) (F, error), locales []string, options []byte, call func(f F, method string, args []engine.Value) (engine.Value, error),
) (intlFormat, error) {
	var o O
	if err := json.Unmarshal(options, &o); err != nil {
		return intlFormat{}, err
	}
	f, err := create(locales, o)
	if err != nil {
		return intlFormat{}, err
	}
	return intlFormat{f.Resolved(), func(method string, args []engine.Value) (engine.Value, error) { return call(f, method, args) }}, nil
}

// textOr returns a text, or throws a RangeError.
func textOr(text string, err error) (engine.Value, error) {
	if err != nil {
		return engine.Undefined(), rangeError(err.Error())
	}
	return engine.String(text), nil
}

func callNumberFormat(f *intl.NumberFormat, method string, args []engine.Value) (engine.Value, error) {
	start, end := argument(args, 0).String(), argument(args, 1).String()
	switch method {
	case "format":
		return engine.String(f.Format(start)), nil
	case "formatToParts":
		return marshal(f.FormatToParts(start))
	case "formatRange":
		return textOr(f.FormatRange(start, end))
	}
	parts, err := f.FormatRangeToParts(start, end)
	if err != nil {
		return engine.Undefined(), rangeError(err.Error())
	}
	return marshal(parts)
}

func callDateFormat(f *intl.DateTimeFormat, method string, args []engine.Value) (engine.Value, error) {
	start, end := argument(args, 0).Float(), argument(args, 1).Float()
	switch method {
	case "format":
		return engine.String(f.Format(start)), nil
	case "formatToParts":
		return marshal(f.FormatToParts(start))
	case "formatRange":
		return engine.String(f.FormatRange(start, end)), nil
	}
	return marshal(f.FormatRangeToParts(start, end))
}

func callPluralRules(p *intl.PluralRules, method string, args []engine.Value) (engine.Value, error) {
	if method == "select" {
		return engine.String(p.Select(argument(args, 0).String())), nil
	}
	return textOr(p.SelectRange(argument(args, 0).String(), argument(args, 1).String()))
}
