package weburl_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/weburl"
)

func TestComponents(t *testing.T) {
	u, err := weburl.Parse("https://u:p@h:81/a/b?q=1#f", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{u.Protocol(), u.Username(), u.Password(), u.Host(), u.Hostname(), u.Port(), u.Pathname(), u.Search(), u.Hash()}
	want := []string{"https:", "u", "p", "h:81", "h", "81", "/a/b", "?q=1", "#f"}
	if !slices.Equal(got, want) {
		t.Errorf("the components are %q, want %q", got, want)
	}
}

func TestOrigin(t *testing.T) {
	for url, want := range map[string]string{
		"https://u@h:443/a":     "https://h",
		"ws://h:81/":            "ws://h:81",
		"file:///a":             "null",
		"foo://h/":              "null",
		"blob:https://h:1/id":   "https://h:1",
		"blob:ftp://h/id":       "null",
		"blob:nonsense":         "null",
		"blob:blob:https://h/1": "null",
	} {
		u, err := weburl.Parse(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Origin(); got != want {
			t.Errorf("the origin of %q is %q, want %q", url, got, want)
		}
	}
}

func TestFormGoesBothWays(t *testing.T) {
	for text, want := range map[string][]string{
		"":                 nil,
		"a=1&b=2&a=3":      {"a", "1", "b", "2", "a", "3"},
		"a&=b&&c==d":       {"a", "", "", "b", "c", "=d"},
		"a+b=%2B%zz%e2%82": {"a b", "+%zz\uFFFD"},
	} {
		if got := weburl.ParseForm(text); !slices.Equal(got, want) {
			t.Errorf("%q reads as %q, want %q", text, got, want)
		}
	}
	pairs := []string{"a b", "é&=+*-._~!'()", "", "x"}
	text := weburl.FormatForm(pairs)
	if want := "a+b=%C3%A9%26%3D%2B*-._%7E%21%27%28%29&=x"; text != want {
		t.Errorf("the pairs are written as %q, want %q", text, want)
	}
	if back := weburl.ParseForm(text); !slices.Equal(back, pairs) {
		t.Errorf("read back they are %q", back)
	}
}
