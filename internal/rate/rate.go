// Package rate limits how often something may happen.
package rate

import "time"

// A Bucket is a token bucket. It holds the tokens of one second at the most, and at least one; it begins full. The zero value
// is ready to use. Its methods must not be called concurrently.
type Bucket struct {
	tokens   float64
	refilled time.Time
}

// Take removes a token. perSecond is how many tokens are added per second; 0 or less means that there is no limit. Take reports
// false if the bucket is empty.
func (b *Bucket) Take(perSecond float64) bool {
	if perSecond <= 0 {
		return true
	}
	now, capacity := time.Now(), max(1, perSecond)
	if b.refilled.IsZero() {
		b.tokens = capacity
	} else {
		b.tokens = min(capacity, b.tokens+perSecond*now.Sub(b.refilled).Seconds())
	}
	b.refilled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
