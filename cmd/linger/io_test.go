package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/lingerws/linger/websocket"
)

var errNoRings = errors.New("uring: io_uring_setup: operation not permitted")

func TestIOFlag(t *testing.T) {
	for text, want := range map[string]websocket.IO{
		"auto": websocket.IOAuto, "ring": websocket.IORing, "readiness": websocket.IOReadiness, "blocking": websocket.IOBlocking,
	} {
		f := ioFlags{IO: text}
		if got := f.way(); got != want {
			t.Errorf("--io=%s must be %v; got %v", text, want, got)
		}
		var logged bytes.Buffer
		log := slog.New(slog.NewTextHandler(&logged, nil))
		f.report(log, nil)
		if logged.Len() > 0 {
			t.Errorf("--io=%s: nothing must be logged if io_uring can be used; got %s", text, logged.String())
		}
		f.report(log, errNoRings)
		wants := text == "auto" || text == "ring"
		if got := logged.String(); strings.Contains(got, "level=INFO") != wants || strings.Contains(got, errNoRings.Error()) != wants || strings.Count(got, "\n") > 1 {
			t.Errorf("--io=%s: one line at level info must contain the reason if io_uring is wanted and refused; got %q", text, got)
		}
	}
}

func TestBestWay(t *testing.T) {
	if got := bestWay(nil); got != "ring" {
		t.Errorf("where io_uring can be used, auto is ring; got %q", got)
	}
	if got := bestWay(errNoRings); !strings.HasSuffix(got, " ("+errNoRings.Error()+")") || strings.HasPrefix(got, "ring") {
		t.Errorf("otherwise it is another way, with the reason; got %q", got)
	}
}
