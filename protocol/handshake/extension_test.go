package handshake

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseExtensions(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  []Extension
	}{
		{"no field", nil, nil},
		{"a name alone", []string{"x"}, []Extension{{Name: "x"}}},
		{"a parameter without value", []string{"x; a"}, []Extension{{"x", []Param{{Name: "a"}}}}},
		{"parameters in their order, repeated or not", []string{"x;b=2 ; a=1;a"}, []Extension{{"x", []Param{{"b", "2"}, {"a", "1"}, {Name: "a"}}}}},
		{"a quoted value", []string{`x; a="1"`}, []Extension{{"x", []Param{{"a", "1"}}}}},
		{"a quoted value with an escape", []string{`x; a="1\5"`}, []Extension{{"x", []Param{{"a", "15"}}}}},
		{"white space around every separator", []string{" x ;\ta = 1 , y "}, []Extension{{"x", []Param{{"a", "1"}}}, {Name: "y"}}},
		{"several lines", []string{"x, y", "z"}, []Extension{{Name: "x"}, {Name: "y"}, {Name: "z"}}},
		{"the same extension twice, with a fallback", []string{"x; a=1, x"}, []Extension{{"x", []Param{{"a", "1"}}}, {Name: "x"}}},
		{"empty elements", []string{",, x ,", ""}, []Extension{{Name: "x"}}},
	} {
		got, err := parseExtensions(c.lines)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q is parsed as %v with error %v, expected %v", c.name, c.lines, got, err, c.want)
		}
	}
}

func TestParseExtensionsErrors(t *testing.T) {
	for name, line := range map[string]string{
		"an empty field":                         "",
		"only commas":                            ", ,",
		"no name":                                "; a=1",
		"a parameter without name":               "x; =1",
		"an empty parameter":                     "x; ; a",
		"a semicolon at the end":                 "x;",
		"an equals sign without value":           "x; a=",
		"two names without a separator":          "x y",
		"two values":                             "x; a=1=2",
		"a value after the name":                 "x=1",
		"a quoted string that does not end":      `x; a="1`,
		"a quoted string that ends in an escape": `x; a="1\`,
		"an empty quoted string":                 `x; a=""`,
		"a quoted string that is not a token":    `x; a="1, 2"`,
		"a quoted string with an escaped quote":  `x; a="\""`,
		"a quoted string followed by a token":    `x; a="1"2`,
		"letters outside ASCII":                  "ä",
		"a control character":                    "x\x01",
		"65 parameters":                          "x" + strings.Repeat("; a", 65),
	} {
		if got, err := parseExtensions([]string{line}); err == nil {
			t.Errorf("%s: %q is parsed as %v, expected an error", name, line, got)
		}
	}
}

func TestExtensionString(t *testing.T) {
	e := Extension{"permessage-deflate", []Param{{"server_no_context_takeover", ""}, {"client_max_window_bits", "10"}}}
	want := "permessage-deflate; server_no_context_takeover; client_max_window_bits=10"
	if got := e.String(); got != want {
		t.Errorf("String returns %q, expected %q", got, want)
	}
}

func FuzzParseExtensions(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits, x", `y; a="1\2"`)
	f.Add("x;a = 1 ,,", "")
	f.Fuzz(func(t *testing.T, first, second string) {
		extensions, err := parseExtensions([]string{first, second})
		if err != nil {
			return
		}
		line := joinExtensions(extensions)
		again, err := parseExtensions([]string{line})
		if err != nil || !reflect.DeepEqual(again, extensions) {
			t.Fatalf("the extensions %v are joined to %q, which is parsed as %v with error %v", extensions, line, again, err)
		}
	})
}
