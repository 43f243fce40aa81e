package intl

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// caseLine is a line of testdata/cases.jsonl.gz.
type caseLine struct {
	kind, locale string
	options      json.RawMessage
	method       string
	results      [][2]json.RawMessage
}

func (c *caseLine) UnmarshalJSON(line []byte) error {
	return json.Unmarshal(line, &[]any{&c.kind, &c.locale, &c.options, &c.method, &c.results})
}

// argument is a number or text, as text.
type argument string

func (a *argument) UnmarshalJSON(text []byte) error {
	if text[0] != '"' {
		*a = argument(text)
		return nil
	}
	return json.Unmarshal(text, (*string)(a))
}

func TestFormatsReturnWhatNodeReturns(t *testing.T) {
	file, err := os.Open("testdata/cases.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	total, differ := 0, 0
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(unzipped)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line caseLine
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		call, err := newCall(line)
		if err != nil {
			t.Errorf("%s %s %s: %v", line.kind, line.locale, line.options, err)
			continue
		}
		for _, result := range line.results {
			total++
			var args []argument
			if err := json.Unmarshal(result[0], &args); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(call(args))
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, got, result[1]) {
				differ++
				t.Errorf("%s %s %s %s%s:\n got %s\nwant %s", line.kind, line.locale, line.options, line.method, result[0], got, result[1])
			}
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d results differ", differ, total)
}

func sameJSON(t *testing.T, a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		t.Fatalf("invalid JSON: %s, %s", a, b)
	}
	return reflect.DeepEqual(x, y)
}

func valueOr[T any](value T, err error) any {
	if err != nil {
		return err.Error()
	}
	return value
}

// options decodes the options of a case. A boolean is the text of it.
func decode[T any](line caseLine) (options T, err error) {
	var values map[string]any
	if err := json.Unmarshal(line.options, &values); err != nil {
		return options, err
	}
	for name, value := range values {
		if name == "useGrouping" && value == false {
			values[name] = "false"
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		return options, err
	}
	return options, json.Unmarshal(text, &options)
}

// newCall makes the object of a case and returns its method.
func newCall(line caseLine) (func(args []argument) any, error) {
	locales := []string{line.locale}
	switch line.kind {
	case "NumberFormat":
		options, err := decode[NumberOptions](line)
		if err != nil {
			return nil, err
		}
		f, err := NewNumberFormat(locales, options)
		return func(args []argument) any {
			switch line.method {
			case "format":
				return f.Format(string(args[0]))
			case "formatToParts":
				return f.FormatToParts(string(args[0]))
			case "formatRange":
				return valueOr(f.FormatRange(string(args[0]), string(args[1])))
			}
			return valueOr(f.FormatRangeToParts(string(args[0]), string(args[1])))
		}, err
	case "PluralRules":
		options, err := decode[PluralOptions](line)
		if err != nil {
			return nil, err
		}
		p, err := NewPluralRules(locales, options)
		return func(args []argument) any {
			if line.method == "select" {
				return p.Select(string(args[0]))
			}
			return valueOr(p.SelectRange(string(args[0]), string(args[1])))
		}, err
	}
	return newOtherCall(line, locales)
}

// date returns a date in milliseconds.
func (a argument) date() float64 {
	t, err := time.Parse(time.RFC3339, string(a))
	if err != nil {
		panic(err)
	}
	return float64(t.UnixMilli())
}

func newOtherCall(line caseLine, locales []string) (func(args []argument) any, error) {
	switch line.kind {
	case "DateTimeFormat":
		options, err := decode[DateOptions](line)
		if err != nil {
			return nil, err
		}
		f, err := NewDateTimeFormat(locales, options)
		return func(args []argument) any {
			switch line.method {
			case "format":
				return f.Format(args[0].date())
			case "formatToParts":
				return f.FormatToParts(args[0].date())
			case "formatRange":
				return f.FormatRange(args[0].date(), args[1].date())
			}
			return f.FormatRangeToParts(args[0].date(), args[1].date())
		}, err
	case "ListFormat":
		options, err := decode[ListOptions](line)
		if err != nil {
			return nil, err
		}
		f, err := NewListFormat(locales, options)
		return func(args []argument) any {
			var items []string
			if err := json.Unmarshal([]byte(args[0]), &items); err != nil {
				return err.Error()
			}
			if line.method == "format" {
				return f.Format(items)
			}
			return f.FormatToParts(items)
		}, err
	case "RelativeTimeFormat":
		options, err := decode[RelativeOptions](line)
		if err != nil {
			return nil, err
		}
		f, err := NewRelativeTimeFormat(locales, options)
		return func(args []argument) any {
			if line.method == "format" {
				return f.Format(string(args[0]), string(args[1]))
			}
			return f.FormatToParts(string(args[0]), string(args[1]))
		}, err
	case "DisplayNames":
		options, err := decode[NameOptions](line)
		if err != nil {
			return nil, err
		}
		names, err := NewDisplayNames(locales, options)
		return func(args []argument) any { return valueOr(names.Of(string(args[0]))) }, err
	}
	return newFunction(line, locales)
}

// newFunction returns the function of a case that has no parts.
func newFunction(line caseLine, locales []string) (func(args []argument) any, error) {
	switch line.kind {
	case "Collator":
		options, err := decode[CollatorOptions](line)
		if err != nil {
			return nil, err
		}
		c, err := NewCollator(locales, options)
		return func(args []argument) any { return c.Compare(string(args[0]), string(args[1])) }, err
	case "Segmenter":
		options, err := decode[SegmenterOptions](line)
		return func(args []argument) any { return Segments(string(args[0]), options.Granularity) }, err
	case "getCanonicalLocales":
		return func(args []argument) any {
			canonical, err := Canonicalize(string(args[0]))
			if err != nil {
				return nil
			}
			return canonical
		}, nil
	case "Locale":
		return func(args []argument) any {
			t, err := parseTag(string(args[0]))
			if err != nil {
				return err.Error()
			}
			if line.method == "maximize" { //nolint:misspell // the name of the method
				return t.maximise().String()
			}
			return t.minimise().String()
		}, nil
	}
	return nil, fmt.Errorf("unexpected constructor %s", line.kind)
}

func TestArchiveCanBeRead(t *testing.T) {
	if len(files()) == 0 {
		t.Fatal("the archive has no files")
	}
	for name := range files() {
		content := readFile(name)
		if len(content) == 0 {
			t.Errorf("%s cannot be read", name)
		}
		if strings.HasSuffix(name, ".json") && !json.Valid(content) {
			t.Errorf("%s is not JSON", name)
		}
	}
}

func TestFormatsAreSafeForConcurrentUse(t *testing.T) {
	collator, err := NewCollator([]string{"sv"}, CollatorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for _, locale := range []string{"de", "fr", "ja", "pl"} {
				dates, err := NewDateTimeFormat([]string{locale}, DateOptions{DateStyle: "full", TimeStyle: "full", TimeZone: "Asia/Tokyo"})
				if err != nil {
					t.Error(err)
					return
				}
				if first, again := dates.Format(float64(i)), dates.Format(float64(i)); first != again {
					t.Errorf("got %q and %q", first, again)
				}
			}
			if order := collator.Compare("z", "ö"); order != -1 {
				t.Errorf("z must be before ö, got %d", order)
			}
		})
	}
	group.Wait()
}
