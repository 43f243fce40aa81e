package main

import (
	"slices"
	"strings"
	"testing"
)

func TestOriginsAreCollected(t *testing.T) {
	c, err := parse(t, "--origin=https://*.example.com", "--origin", "localhost:*,null")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := texts(c.Origin), []string{"https://*.example.com", "localhost:*", "null"}; !slices.Equal(got, want) {
		t.Errorf("--origin may be repeated, or given a list; wanted %q, got %q", want, got)
	}
}

func TestAWrongOriginIsAnErrorOfTheCommandLine(t *testing.T) {
	_, err := parse(t, "--origin=localhost:*", "--origin=http://one.example/path")
	if err == nil || !strings.Contains(err.Error(), `--origin: origin pattern "http://one.example/path"`) {
		t.Errorf("the message names the flag and the pattern that is wrong; got %v", err)
	}
}

func TestAnOriginThatCannotMatchIsAnErrorOfTheCommandLine(t *testing.T) {
	for pattern, says := range map[string]string{"foo": "http://foo", "file://*": "write file://", "file:*": "write file://"} {
		if _, err := parse(t, "--origin="+pattern); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("--origin=%s says %q; got %v", pattern, says, err)
		}
	}
	if c, err := parse(t, "--origin=file://", "--origin=qrc://"); err != nil || len(c.Origin) != 2 {
		t.Errorf("origins without host are taken; got %v", err)
	}
}
