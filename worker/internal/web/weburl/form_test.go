package weburl_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/weburl"
)

func TestParseFormAndFormatFormAreInverse(t *testing.T) {
	for text, want := range map[string][]string{
		"":                 nil,
		"a=1&b=2&a=3":      {"a", "1", "b", "2", "a", "3"},
		"a&=b&&c==d":       {"a", "", "", "b", "c", "=d"},
		"a+b=%2B%zz%e2%82": {"a b", "+%zz\uFFFD"},
	} {
		if got := weburl.ParseForm(text); !slices.Equal(got, want) {
			t.Errorf("ParseForm(%q) must be %q, got %q", text, want, got)
		}
	}
	pairs := []string{"a b", "é&=+*-._~!'()", "", "x"}
	text := weburl.FormatForm(pairs)
	if want := "a+b=%C3%A9%26%3D%2B*-._%7E%21%27%28%29&=x"; text != want {
		t.Errorf("FormatForm must return %q, got %q", want, text)
	}
	if back := weburl.ParseForm(text); !slices.Equal(back, pairs) {
		t.Errorf("ParseForm must return %q again, got %q", pairs, back)
	}
}

func TestFormatFormAddsEmptyValue(t *testing.T) {
	for want, pairs := range map[string][]string{
		"":        nil,
		"a=":      {"a"},
		"a=1&b=":  {"a", "1", "b"},
		"=":       {"", ""},
		"=&=":     {"", "", ""},
		"a=&=b":   {"a", "", "", "b"},
		"%00=%0A": {"\x00", "\n"},
	} {
		if text := weburl.FormatForm(pairs); text != want {
			t.Errorf("FormatForm(%q) must be %q, got %q", pairs, want, text)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"", "a=1&b=2&a=3", "a&=b&&c==d", "a+b=%2B%zz%e2%82", "\xff=%ff&é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pairs := weburl.ParseForm(text)
		if len(pairs)%2 != 0 {
			t.Fatalf("ParseForm(%q) must return a value for each name, got %q", text, pairs)
		}
		written := weburl.FormatForm(pairs)
		if back := weburl.ParseForm(written); !slices.Equal(back, pairs) {
			t.Fatalf("%q is parsed to %q, which is formatted to %q and then parsed to %q", text, pairs, written, back)
		}
	})
}
