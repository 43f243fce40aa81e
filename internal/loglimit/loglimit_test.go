package loglimit

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	testPeriod = 10 * time.Second
	testLines  = 20
)

// recorder is a limiter, and what was logged.
type recorder struct {
	limiter Limiter[string]

	mu     sync.Mutex
	logged []string // texts of lines, and summaries
}

// test runs a test with a recorder and fake time.
func test(t *testing.T, run func(t *testing.T, r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		run(t, &recorder{limiter: Limiter[string]{Period: testPeriod, Lines: testLines}})
	})
}

// log logs a line of a kind if that is allowed.
func (r *recorder) log(kind string, text any) {
	if r.limiter.Allow(kind, func(suppressed int) { r.record(fmt.Sprintf("%d suppressed, last %v", suppressed, text)) }) {
		r.record(fmt.Sprint(text))
	}
}

func (r *recorder) record(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logged = append(r.logged, text)
}

// recorded returns what was logged since the last call.
func (r *recorder) recorded() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	logged := r.logged
	r.logged = nil
	return logged
}

// want fails the test unless these were logged since the last call.
func (r *recorder) want(t *testing.T, message string, want ...string) {
	t.Helper()
	if got := r.recorded(); !slices.Equal(got, want) {
		t.Errorf("%s; want %q, got %q", message, want, got)
	}
}

// periods returns the number of periods that have not ended.
func (r *recorder) periods() int {
	r.limiter.mu.Lock()
	defer r.limiter.mu.Unlock()
	return len(r.limiter.periods)
}

func TestLimiterAllow(t *testing.T) {
	test(t, func(t *testing.T, r *recorder) {
		var first []string
		for i := range testLines {
			first = append(first, fmt.Sprint(i))
		}
		for i := range testLines + 100 {
			r.log("repeated", i)
		}
		r.want(t, "the first lines of a kind are logged", first...)
		r.log("other", "line")
		r.want(t, "other kinds are logged", "line")
		time.Sleep(testPeriod - time.Nanosecond)
		r.want(t, "nothing is logged before the period has ended")
		time.Sleep(time.Nanosecond)
		r.want(t, "at the end of the period the last suppressed line is summarised, with the number of all", "100 suppressed, last 119")
		r.log("repeated", "line")
		r.want(t, "a line after that begins another period", "line")
		time.Sleep(testPeriod)
		r.want(t, "a period without suppressed lines has no summary")
	})
}

func TestLimiterFlush(t *testing.T) {
	test(t, func(t *testing.T, r *recorder) {
		for i := range testLines + 2 {
			r.log("repeated", i)
		}
		r.log("other", "line")
		r.recorded()
		r.limiter.Flush()
		r.want(t, "suppressed lines are summarised at once", "2 suppressed, last 21")
		time.Sleep(testPeriod / 2)
		r.log("repeated", "line")
		r.want(t, "a line after Flush begins another period", "line")
		for i := range testLines {
			r.log("repeated", i)
		}
		r.recorded()
		time.Sleep(testPeriod / 2)
		r.want(t, "the timer of a period that Flush has ended does not end the next one")
		time.Sleep(testPeriod / 2)
		r.want(t, "the next period has its own summary", "1 suppressed, last 19")
	})
}

func TestLimiterManyKinds(t *testing.T) {
	test(t, func(t *testing.T, r *recorder) {
		for i := range 3 * maxKinds {
			r.log(fmt.Sprint("kind ", i), "line")
		}
		if got := len(r.recorded()); got != maxKinds+testLines {
			t.Errorf("kinds beyond %d are limited as one; want %d lines, got %d", maxKinds, maxKinds+testLines, got)
		}
		if got := r.periods(); got != maxKinds+1 {
			t.Errorf("the number of periods is bounded; want %d, got %d", maxKinds+1, got)
		}
		time.Sleep(testPeriod)
		r.want(t, "they have one summary", fmt.Sprintf("%d suppressed, last line", 2*maxKinds-testLines))
		if got := r.periods(); got != 0 {
			t.Errorf("no period remains after its end; got %d", got)
		}
	})
}
