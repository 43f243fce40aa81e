package pace

import (
	"math/rand/v2"
	"time"
)

// maxLate bounds how much of a delay AtRate makes up for, for instance after the timer of the system was late.
const maxLate = 100 * time.Millisecond

// AtRate calls next perSecond times a second, until it returns false or stop is closed: time is divided into intervals of the
// same length, and in each of them there is one call, at a random moment. An infinite rate means no pauses. The rate is above 0.
//
// The moments do not depend on how long the calls and the system's timers take. After a delay of more than 100 ms the later
// calls are late too, rather than many of them at once.
func AtRate(stop <-chan struct{}, perSecond float64, next func() (more bool)) {
	interval := time.Duration(min(float64(time.Second)/perSecond, float64(1<<62)))
	begin := time.Now()
	for {
		if !sleepUntil(stop, begin.Add(random(interval))) || !next() {
			return
		}
		begin = begin.Add(interval)
		if oldest := time.Now().Add(-maxLate); begin.Before(oldest) {
			begin = oldest
		}
	}
}

// random returns a random duration below the bound, or 0.
func random(bound time.Duration) time.Duration {
	if bound <= 0 {
		return 0
	}
	return rand.N(bound)
}

// sleepUntil blocks until a time, and reports whether stop was not closed before.
func sleepUntil(stop <-chan struct{}, t time.Time) bool {
	left := time.Until(t)
	if left <= 0 {
		select {
		case <-stop:
			return false
		default:
			return true
		}
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	}
}
