package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiterHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text output
		l := newLimiter(slog.NewTextHandler(&text, nil))
		log := slog.New(l)
		lines := l.lines.Lines
		for i := range lines + 100 {
			log.Error("uncaught exception", "at", "app.js:1:1", "number", i)
		}
		log.Error("uncaught exception", "at", "app.js:2:1")
		log.Warn("uncaught exception", "at", "app.js:1:1")
		log.Error("another message", "at", "app.js:1:1")
		if got := strings.Count(text.String(), "\n"); got != lines+3 {
			t.Errorf("%d lines with the same level, message and place are logged, and all others; got %d lines", lines, got)
		}
		text.reset()
		time.Sleep(l.lines.Period)
		synctest.Wait()
		want := fmt.Sprintf(" level=ERROR msg=\"uncaught exception\" at=app.js:1:1 number=%d suppressed=99\n", lines+99)
		if got := text.String(); strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, want) {
			t.Errorf("after the period the last line is logged, with the number of the others; got %q", got)
		}
	})
}

func TestLimiterWithAttrs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text output
		l := newLimiter(slog.NewTextHandler(&text, nil))
		for range l.lines.Lines {
			slog.New(l).Warn("again")
		}
		text.reset()
		slog.New(l).With("worker", 1).Warn("again")
		slog.New(l).With("worker", 2).Warn("again")
		if got := text.String(); got != "" {
			t.Errorf("the loggers share their limit, and their attributes do not distinguish lines; got %q", got)
		}
		l.lines.Flush()
		if got := text.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "worker=2 suppressed=1\n") {
			t.Errorf("Flush logs the last suppressed line with the attributes of its logger; got %q", got)
		}
	})
}
