package lease

import (
	"time"

	"golang.org/x/sys/unix"
)

// suspended returns bounds of the difference between the clocks with and without the time of suspension. The one without is read before and after the other
// one, because the thread may have to wait between the calls.
func suspended() (atLeast, atMost time.Duration) {
	var before, all, after unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &before) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil ||
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &after) != nil {
		return 0, 0
	}
	return time.Duration(all.Nano() - after.Nano()), time.Duration(all.Nano() - before.Nano())
}
