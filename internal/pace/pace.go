// Package pace spreads the closing of many connections over time, so that their clients do not all reconnect at once.
package pace

import (
	"math/rand/v2"
	"time"
)

const (
	// maxPause is the greatest average pause between two calls.
	maxPause = time.Millisecond

	// minPause is the shortest average pause that is worth a timer. If the average would be shorter there are no pauses.
	minPause = 50 * time.Microsecond
)

// Each calls do for each item in order, with random pauses between the calls. The average pause is 1 ms. If all pauses
// together would exceed spread they are shorter, and if they would be shorter than 50 µs there are none. A spread of 0
// means no limit. Each returns after the last call, or during a pause when stop is closed.
func Each[T any](stop <-chan struct{}, items []T, spread time.Duration, do func(T)) {
	pause := maxPause
	if spread != 0 && len(items) > 0 {
		pause = min(spread/time.Duration(len(items)), maxPause)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, item := range items {
		do(item)
		if pause < minPause || i == len(items)-1 {
			continue
		}
		timer.Reset(rand.N(2 * pause))
		select {
		case <-timer.C:
		case <-stop:
			return
		}
	}
}
