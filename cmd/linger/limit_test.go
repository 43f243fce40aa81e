package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func testLimiter(t *testing.T, test func(log *slog.Logger, l limiter, text *output)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var text output
		l := newLimiter(slog.NewTextHandler(&text, nil))
		test(slog.New(l), l, &text)
		time.Sleep(2 * limitPeriod) // its timers end
	})
}

func TestLimiterLogsTheLastOfRepeatedLinesWithTheirNumber(t *testing.T) {
	testLimiter(t, func(log *slog.Logger, _ limiter, text *output) {
		for i := range limitLines + 100 {
			log.Error("uncaught exception", "at", "app.js:1:1", "number", i)
		}
		log.Error("uncaught exception", "at", "app.js:2:1")
		log.Warn("uncaught exception", "at", "app.js:1:1")
		if got := strings.Count(text.String(), "\n"); got != limitLines+2 {
			t.Errorf("%d lines of one kind are logged, and all of others; got %d", limitLines, got)
		}
		text.reset()
		time.Sleep(limitPeriod)
		synctest.Wait()
		if got := text.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, fmt.Sprint(" number=", limitLines+99, " suppressed=99\n")) {
			t.Errorf("after the period comes the last one, with the number of those that are missing; got %q", got)
		}
		text.reset()
		log.Error("uncaught exception", "at", "app.js:1:1")
		if got := text.String(); strings.Count(got, "\n") != 1 {
			t.Errorf("another period has begun; got %q", got)
		}
	})
}

func TestLimiterSummarizesAtTheEndOfTheProcess(t *testing.T) {
	testLimiter(t, func(log *slog.Logger, l limiter, text *output) {
		for range limitLines + 2 {
			log.With("worker", 1).Warn("again")
		}
		text.reset()
		l.sumUp()
		if got := text.String(); !strings.Contains(got, "suppressed=1") || strings.Count(got, "\n") != 1 {
			t.Errorf("what was suppressed is logged at the end; got %q", got)
		}
		text.reset()
		time.Sleep(limitPeriod)
		synctest.Wait()
		if got := text.String(); got != "" {
			t.Errorf("and only once; got %q", got)
		}
	})
}

func TestLimiterIsBoundedWithManyKinds(t *testing.T) {
	testLimiter(t, func(log *slog.Logger, l limiter, text *output) {
		for i := range 3 * limitKinds {
			log.Warn(fmt.Sprint("message ", i))
		}
		if got := strings.Count(text.String(), "\n"); got > limitKinds+limitLines {
			t.Errorf("kinds beyond %d share a bound; %d lines were logged", limitKinds, got)
		}
		l.kinds.mu.Lock()
		defer l.kinds.mu.Unlock()
		if got := len(l.kinds.all); got > limitKinds+1 {
			t.Errorf("no more than %d kinds are kept; got %d", limitKinds, got)
		}
	})
}
