package load

import (
	"math"
	"testing"
	"time"
)

func TestHistogramQuantile(t *testing.T) {
	var h histogram
	for i := range 100_000 {
		h.add(time.Duration(i) * time.Microsecond)
	}
	for _, q := range []float64{0, 0.5, 0.99, 0.999} {
		want := q * 100_000 * float64(time.Microsecond)
		got := float64(h.quantile(q))
		if math.Abs(got-want) > 0.016*want+1 {
			t.Errorf("quantile %v of 0 to 100 ms is %v, expected %v within 1.6 percent", q, time.Duration(got), time.Duration(want))
		}
	}
}

func TestHistogramBucket(t *testing.T) {
	var h histogram
	for _, d := range []time.Duration{-1, 0, 1, 63, 64, 65, time.Hour, math.MaxInt64} {
		h.add(d)
		if b := bucket(uint64(max(d, 0))); math.Abs(float64(value(b)-max(d, 0))) > 0.016*float64(max(d, 0)) {
			t.Errorf("%v is counted as %v", d, value(b))
		}
	}
	if h.total != 8 {
		t.Errorf("8 durations were added, but total is %d", h.total)
	}
	if got := new(histogram).quantile(0.5); got != 0 {
		t.Errorf("the median of an empty histogram is %v, expected 0", got)
	}
}
