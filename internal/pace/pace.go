// Package pace spreads the closing of many connections over time, so that their clients do not all reconnect at once.
package pace

import (
	"math/rand/v2"
	"time"
)

const (
	// most is the average pause between two calls where they are few.
	most = time.Millisecond

	// least is the shortest average pause that is worth a timer. Below it there are no pauses.
	least = 50 * time.Microsecond
)

// Each calls do for each item in order, with random pauses in between: 1 ms on average, shorter where the pauses would
// add up to more than spread, and none where they would be shorter than 50 µs. A spread of 0 has no such bound. Each
// returns when it has called do for the last item, or in a pause, when stop is closed.
func Each[T any](stop <-chan struct{}, items []T, spread time.Duration, do func(T)) {
	pause := most
	if spread != 0 && len(items) > 0 {
		pause = min(spread/time.Duration(len(items)), most)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for i, item := range items {
		do(item)
		if pause < least || i == len(items)-1 {
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
