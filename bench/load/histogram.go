package load

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets whose width is about 1.5 percent, so that memory
// does not grow with the length of a measurement.
type histogram struct {
	counts [64 * steps]int64
	total  int64
}

const (
	stepBits = 6
	steps    = 1 << stepBits // the number of buckets for each power of two
)

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))]++
	h.total++
}

func bucket(n uint64) int {
	if n < steps {
		return int(n)
	}
	shift := bits.Len64(n) - stepBits - 1
	return (shift+1)*steps + int(n>>shift) - steps
}

// value returns the middle of a bucket.
func value(bucket int) time.Duration {
	if bucket < steps {
		return time.Duration(bucket)
	}
	shift := bucket/steps - 1
	low := uint64(bucket%steps+steps) << shift
	return time.Duration(low + (uint64(1)<<shift)/2)
}

// quantile returns the duration that the fraction q of all durations does not exceed, or 0 if
// there are none.
func (h *histogram) quantile(q float64) time.Duration {
	rank := int64(q * float64(h.total))
	for i, n := range h.counts {
		if rank -= n; rank < 0 && n > 0 {
			return value(i)
		}
	}
	return 0
}
