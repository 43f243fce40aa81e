package linger

import "time"

// bucket is a token bucket that holds what comes in within a second, and one at
// least. It begins full.
type bucket struct {
	level float64
	last  time.Time
}

// take takes one token, of which perSecond come in; 0 means that there are always
// some. It returns false if there is none.
func (b *bucket) take(perSecond float64) bool {
	if perSecond <= 0 {
		return true
	}
	now, most := time.Now(), max(1, perSecond)
	if b.last.IsZero() {
		b.level = most
	} else {
		b.level = min(most, b.level+perSecond*now.Sub(b.last).Seconds())
	}
	b.last = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}
