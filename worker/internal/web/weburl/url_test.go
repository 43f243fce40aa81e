package weburl_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/worker/internal/web/weburl"
)

func TestURLComponents(t *testing.T) {
	u, err := weburl.Parse("https://u:p@h:81/a/b?q=1#f", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{u.Protocol(), u.Username(), u.Password(), u.Host(), u.Hostname(), u.Port(), u.Pathname(), u.Search(), u.Hash()}
	want := []string{"https:", "u", "p", "h:81", "h", "81", "/a/b", "?q=1", "#f"}
	if !slices.Equal(got, want) {
		t.Errorf("the components must be %q, got %q", want, got)
	}
}

func TestURLOrigin(t *testing.T) {
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
			t.Errorf("the origin of %q must be %q, got %q", url, want, got)
		}
	}
}
