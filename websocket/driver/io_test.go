package driver

import (
	"strings"
	"testing"
)

// ways are the ways that a test compares.
var ways = []IO{IORing, IOReadiness, IOBlocking}

func TestIOText(t *testing.T) {
	for io, name := range map[IO]string{IOAuto: "auto", IORing: "ring", IOReadiness: "readiness", IOBlocking: "blocking"} {
		var got IO
		if text, err := io.MarshalText(); err != nil || string(text) != name || got.UnmarshalText(text) != nil || got != io {
			t.Errorf("the text of %d is %q, from which it can be read; got %q, %v, and %v", io, name, text, err, got)
		}
	}
	if got := IO(9).String(); got != "IO(9)" {
		t.Errorf("an unknown value has its number; got %q", got)
	}
	got := IORing
	if err := got.UnmarshalText([]byte("epoll")); err == nil || !strings.Contains(err.Error(), `"epoll": expected auto, ring, readiness, blocking`) || got != IORing {
		t.Errorf("an unknown name is an error with the known ones, and changes nothing; got %v, %v", err, got)
	}
}
