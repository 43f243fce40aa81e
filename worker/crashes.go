package worker

import "time"

// crashes remembers when engines of a worker failed, as far as it matters.
type crashes struct {
	times [maxCrashes]time.Time // the last ones; zero where there was none
	delay time.Duration         // the last pause
}

// The third failure within a minute is one too many: from then on each one costs a
// pause, twice as long as the last.
const (
	maxCrashes  = 3
	crashWindow = time.Minute
	retryMin    = time.Second
	retryMax    = time.Minute
)

// add notes a failure and returns how long to pause before the next attempt: least, if
// it is not one too many.
func (c *crashes) add(now time.Time, least time.Duration) time.Duration {
	copy(c.times[:], c.times[1:])
	c.times[maxCrashes-1] = now
	if c.times[0].IsZero() || now.Sub(c.times[0]) > crashWindow+c.delay { // the pause is no time to fail in
		c.delay = 0
		return least
	}
	c.delay = min(max(2*c.delay, retryMin), retryMax)
	return c.delay
}
