package main

import (
	"slices"
	"strings"
	"testing"
)

func TestOriginFlagMayBeRepeated(t *testing.T) {
	c, err := parse(t, "--origin=https://*.example.com", "--origin", "localhost:*,null")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := toStrings(c.Origin), []string{"https://*.example.com", "localhost:*", "null"}; !slices.Equal(got, want) {
		t.Errorf("--origin may be repeated, and may contain a list: want %q, got %q", want, got)
	}
}

func TestOriginPatternDecodeNamesFlagAndPattern(t *testing.T) {
	_, err := parse(t, "--origin=localhost:*", "--origin=http://one.example/path")
	if err == nil || !strings.Contains(err.Error(), `--origin: origin pattern "http://one.example/path"`) {
		t.Errorf("the error must contain the flag and the invalid pattern; got %v", err)
	}
}

func TestOriginPatternDecodeRejectsPatternsThatCannotMatch(t *testing.T) {
	for pattern, want := range map[string]string{"foo": "http://foo", "file://*": "write file://", "file:*": "write file://"} {
		if _, err := parse(t, "--origin="+pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--origin=%s must be refused with %q; got %v", pattern, want, err)
		}
	}
	if c, err := parse(t, "--origin=file://", "--origin=qrc://"); err != nil || len(c.Origin) != 2 {
		t.Errorf("origins without a host must be accepted; got %v", err)
	}
}
