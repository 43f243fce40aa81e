package worker

import (
	"testing"
	"time"
)

func TestFailureTimesAddBacksOffFromTheThirdFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ at, want []time.Duration }{
		"two": {[]time.Duration{0, time.Second}, []time.Duration{0, 0}},
		"three, each pause twice the last": {
			[]time.Duration{0, 1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second},
			[]time.Duration{0, 0, 1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second},
		},
		"far apart":     {[]time.Duration{0, 31 * time.Second, 62 * time.Second, 93 * time.Second}, []time.Duration{0, 0, 0, 0}},
		"after an hour": {[]time.Duration{0, 1, 2, time.Hour, time.Hour + 1, time.Hour + 2}, []time.Duration{0, 0, time.Second, 0, 0, time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failures failureTimes
			start := time.Now()
			for i, at := range c.at {
				if got := failures.add(start.Add(at), 0); got != c.want[i] {
					t.Errorf("failure %d, after %v, causes a backoff of %v; got %v", i+1, at, c.want[i], got)
				}
			}
		})
	}
}

func TestFailureTimesAddBoundsTheBackoff(t *testing.T) {
	t.Parallel()
	var failures failureTimes
	now := time.Now()
	for i := range 20 {
		delay := failures.add(now, retryMin)
		if delay < retryMin || delay > retryMax {
			t.Errorf("a backoff is between %v and %v; got %v", retryMin, retryMax, delay)
		}
		if i > 10 && delay != retryMax {
			t.Errorf("a backoff does not count as time without failures; got %v", delay)
		}
		now = now.Add(delay)
	}
}
