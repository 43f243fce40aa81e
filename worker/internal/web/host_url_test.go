package web

import (
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

// textsOf converts a list of strings.
func textsOf(v engine.Value) []string {
	var list []string
	for _, text := range v.List() {
		list = append(list, text.String())
	}
	return list
}

func TestParseURLReturnsParts(t *testing.T) {
	want := []string{"https://u:p@h:81/a?q#f", "https:", "u", "p", "h:81", "h", "81", "/a", "?q", "#f", "https://h:81"}
	if got := textsOf(call(t, parseURL, engine.String("https://u:p@h:81/a?q#f"))); !slices.Equal(got, want) {
		t.Errorf("the parts of the URL must be %q, got %q", want, got)
	}
	got := textsOf(call(t, parseURL, engine.String("../b"), engine.String("http://h/x/y/z")))
	if len(got) == 0 || got[0] != "http://h/x/b" {
		t.Errorf("the parts must be those of http://h/x/b, got %q", got)
	}
}

func TestParseURLReturnsReasonOfInvalidURL(t *testing.T) {
	text := engine.String
	for _, c := range []struct {
		what string
		got  engine.Value
		want string
	}{
		{"a relative URL without a base", call(t, parseURL, text("b")), "invalid URL: it has no scheme"},
		{"an invalid base", call(t, parseURL, text("b"), text("nonsense")), "the base is an invalid URL: it has no scheme"},
		{"a relative URL with an opaque base", call(t, parseURL, text("b"), text("mailto:a")), `the base URL "mailto:a" has an opaque path`},
		{"setting an invalid href", call(t, setURL, text("http://h/"), text("href"), text("nonsense")), "invalid URL: it has no scheme"},
		{"setting a part of an invalid URL", call(t, setURL, text("nonsense"), text("hash"), text("a")), "invalid URL: it has no scheme"},
	} {
		if c.got.Kind() != engine.KindString || !strings.Contains(c.got.String(), c.want) {
			t.Errorf("the result for %s must be a string with %q, got the %v %q", c.what, c.want, c.got.Kind(), c.got)
		}
	}
}

func TestSetURLReturnsAllParts(t *testing.T) {
	for attribute, want := range map[string]string{
		"href": "x:y", "protocol": "http://h/?q", "username": "http://x%3Ay@h/?q", "port": "http://h/?q",
		"pathname": "http://h/x:y?q", "search": "http://h/?x:y", "hash": "http://h/?q#x:y", "nonsense": "http://h/?q",
	} {
		got := textsOf(call(t, setURL, engine.String("http://h/?q"), engine.String(attribute), engine.String("x:y")))
		if len(got) != 11 || got[0] != want {
			t.Errorf("after setting %s the parts must be the eleven of %q, got %q", attribute, want, got)
		}
	}
}

func TestParseFormAndFormatForm(t *testing.T) {
	pairs := []string{"a b", "1", "a b", "&="}
	if got := textsOf(call(t, parseForm, engine.String("a+b=1&a%20b=%26%3D"))); !slices.Equal(got, pairs) {
		t.Errorf("parseForm must return %q, got %q", pairs, got)
	}
	if got, want := call(t, formatForm, texts(pairs...)).String(), "a+b=1&a+b=%26%3D"; got != want {
		t.Errorf("formatForm must return %q, got %q", want, got)
	}
	if v := call(t, parseForm, engine.String("")); v.Kind() != engine.KindList || len(v.List()) != 0 {
		t.Errorf("parseForm of an empty form must return an empty list, got the %v %v", v.Kind(), v)
	}
}
