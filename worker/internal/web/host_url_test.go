package web

import (
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

// textsOf reads a list of texts back.
func textsOf(v engine.Value) []string {
	var list []string
	for _, text := range v.List() {
		list = append(list, text.String())
	}
	return list
}

func TestAURLIsHandedOverInItsParts(t *testing.T) {
	want := []string{"https://u:p@h:81/a?q#f", "https:", "u", "p", "h:81", "h", "81", "/a", "?q", "#f", "https://h:81"}
	if got := textsOf(call(t, parseURL, engine.String("https://u:p@h:81/a?q#f"))); !slices.Equal(got, want) {
		t.Errorf("the parts of the URL are %q, want %q", got, want)
	}
	got := textsOf(call(t, parseURL, engine.String("../b"), engine.String("http://h/x/y/z")))
	if len(got) == 0 || got[0] != "http://h/x/b" {
		t.Errorf("relative to its base the URL has the parts %q, want those of http://h/x/b", got)
	}
}

func TestWhatIsNoURLIsHandedOverAsTheReason(t *testing.T) {
	text := engine.String
	for _, c := range []struct {
		what string
		got  engine.Value
		want string
	}{
		{"a relative URL without a base", call(t, parseURL, text("b")), "invalid URL: it has no scheme"},
		{"a base that is no URL", call(t, parseURL, text("b"), text("nonsense")), "the base is an invalid URL: it has no scheme"},
		{"a URL that does not fit its base", call(t, parseURL, text("b"), text("mailto:a")), `the base URL "mailto:a" cannot be extended`},
		{"an href that is no URL", call(t, setURL, text("http://h/"), text("href"), text("nonsense")), "invalid URL: it has no scheme"},
		{"setting a part of what is no URL", call(t, setURL, text("nonsense"), text("hash"), text("a")), "invalid URL: it has no scheme"},
	} {
		if c.got.Kind() != engine.KindString || !strings.Contains(c.got.String(), c.want) {
			t.Errorf("%s is handed over as the %v %q, want a text that says %q", c.what, c.got.Kind(), c.got, c.want)
		}
	}
}

func TestSettingAPartHandsOverTheWholeURL(t *testing.T) {
	for attribute, want := range map[string]string{
		"href": "x:y", "protocol": "http://h/?q", "username": "http://x%3Ay@h/?q", "port": "http://h/?q",
		"pathname": "http://h/x:y?q", "search": "http://h/?x:y", "hash": "http://h/?q#x:y", "nonsense": "http://h/?q",
	} {
		got := textsOf(call(t, setURL, engine.String("http://h/?q"), engine.String(attribute), engine.String("x:y")))
		if len(got) != 11 || got[0] != want {
			t.Errorf("with its %s set the URL has the parts %q, want the eleven of %q", attribute, got, want)
		}
	}
}

func TestFormsAreListsOfNamesAndValues(t *testing.T) {
	pairs := []string{"a b", "1", "a b", "&="}
	if got := textsOf(call(t, parseForm, engine.String("a+b=1&a%20b=%26%3D"))); !slices.Equal(got, pairs) {
		t.Errorf("the form reads as %q, want %q", got, pairs)
	}
	if got := call(t, formatForm, texts(pairs...)).String(); got != "a+b=1&a+b=%26%3D" {
		t.Errorf("the pairs are written as %q", got)
	}
	if v := call(t, parseForm, engine.String("")); v.Kind() != engine.KindList || len(v.List()) != 0 {
		t.Errorf("the empty form reads as the %v %v, want an empty list", v.Kind(), v)
	}
}
