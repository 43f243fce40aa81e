package lease

import (
	"context"
	"time"
)

// clock is how a Manager measures time. Tests have clocks that run at other rates.
type clock struct {
	// now returns a time with a monotonic reading, of which only differences are used.
	now func() time.Time

	// boot returns the time since the machine has booted, with the time for which it was suspended; always 0 on systems without such a clock.
	boot func() time.Duration

	// real converts a duration of this clock to one of package time.
	real func(time.Duration) time.Duration
}

var systemClock = clock{now: time.Now, boot: sinceBoot, real: func(d time.Duration) time.Duration { return d }}

// moment is a moment on both clocks. The monotonic clock of Go stands still while the machine is suspended, and the time in a test of
// testing/synctest is not that of the machine. So a deadline has passed as soon as it has on either of them.
type moment struct {
	mono time.Time
	boot time.Duration
}

func (c clock) moment() moment { return moment{c.now(), c.boot()} }

func (m moment) add(d time.Duration) moment { return moment{m.mono.Add(d), m.boot + d} }

// until returns the time until a deadline, which is 0 or less if it has passed.
func (c clock) until(deadline moment) time.Duration {
	left := deadline.mono.Sub(c.now())
	if boot := c.boot(); boot > 0 {
		left = min(left, deadline.boot-boot)
	}
	return left
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
