package main

import (
	"strings"
	"testing"
	"time"
)

func TestDurationDecode(t *testing.T) {
	for text, want := range map[string]time.Duration{"500ms": 500 * time.Millisecond, "30s": 30 * time.Second, "1h2m": 62 * time.Minute} {
		if c, err := parse(t, "--event-timeout="+text); err != nil || time.Duration(c.EventTimeout) != want {
			t.Errorf("--event-timeout=%s must be %v; got %v, %v", text, want, time.Duration(c.EventTimeout), err)
		}
	}
}

func TestDurationDecodeRejects(t *testing.T) {
	for _, text := range []string{"0s", "-1s", "30", "soon", ""} {
		if _, err := parse(t, "--shutdown-timeout="+text); err == nil || !strings.Contains(err.Error(), "is not a duration") {
			t.Errorf("%q must be refused, as it is not a duration above 0; got %v", text, err)
		}
	}
}

func TestDurationOrNeverDecode(t *testing.T) {
	for flags, want := range map[string]time.Duration{"": time.Second, "--slow-event=250ms": 250 * time.Millisecond, "--slow-event=never": -1} {
		c, err := parse(t, strings.Fields(flags)...)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := c.options(nil); err != nil || o.SlowEvent != want {
			t.Errorf("with %q SlowEvent must be %v; got %v, %v", flags, want, o.SlowEvent, err)
		}
	}
}
