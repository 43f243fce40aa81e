package lease

import (
	"context"
	"time"
)

// clock is how a Manager measures time. Tests have clocks that run at other rates.
type clock struct {
	// now returns a time with a monotonic reading, of which only differences are used.
	now func() time.Time

	// suspended returns two bounds of the time for which the machine was suspended since it has booted, in which the monotonic clock of Go stands still. They
	// are 0 on systems that do not measure it.
	suspended func() (atLeast, atMost time.Duration)

	// real converts a duration of this clock to one of package time.
	real func(time.Duration) time.Duration
}

var systemClock = clock{now: time.Now, suspended: suspended, real: func(d time.Duration) time.Duration { return d }}

// moment is a moment on a clock: a time, and for how long the machine had been suspended at least until then.
type moment struct {
	time      time.Time
	suspended time.Duration
}

func (c clock) moment() moment {
	atLeast, _ := c.suspended() // before the time, so that a suspension between the two counts
	return moment{c.now(), atLeast}
}

func (m moment) add(d time.Duration) moment { return moment{m.time.Add(d), m.suspended} }

// until returns the time until a deadline at least, which is 0 or less if it has passed.
func (c clock) until(deadline moment) time.Duration {
	left := deadline.time.Sub(c.now())
	_, atMost := c.suspended()
	return left - (atMost - deadline.suspended)
}

// timeout is [context.WithTimeout] with a duration of this clock.
func (c clock) timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.real(d))
}

// sleep waits for a duration of this clock, or until ctx or one of the channels ends. It reports whether ctx has not ended.
func (c clock) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(c.real(d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
