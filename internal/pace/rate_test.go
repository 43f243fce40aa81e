package pace

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// momentsAtRate returns the times, after the start, of n calls of AtRate.
func momentsAtRate(n int, perSecond float64, during func(i int)) []time.Duration {
	began := time.Now()
	var moments []time.Duration
	AtRate(nil, perSecond, func() bool {
		moments = append(moments, time.Since(began))
		during(len(moments))
		return len(moments) < n
	})
	return moments
}

func TestAtRateIsEven(t *testing.T) {
	for _, perSecond := range []float64{0.1, 1, 10, 5000} {
		synctest.Test(t, func(t *testing.T) {
			interval := time.Duration(float64(time.Second) / perSecond)
			for i, at := range momentsAtRate(1000, perSecond, func(int) {}) {
				if begin := time.Duration(i) * interval; at < begin || at >= begin+interval {
					t.Fatalf("call %d at %v/s is at %v, expected within the interval of %v that begins at %v", i, perSecond, at, interval, begin)
				}
			}
		})
	}
}

func TestAtRateAfterDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		moments := momentsAtRate(1000, 1000, func(i int) {
			if i == 500 {
				time.Sleep(time.Minute)
			}
		})
		after := 0 // calls within 10 ms after the delay
		for _, at := range moments[500:] {
			if at <= moments[499]+time.Minute+10*time.Millisecond {
				after++
			}
		}
		if after > 120 {
			t.Errorf("%d calls follow a delay at once, expected at most those of 100 ms and of 10 ms more", after)
		}
		if took := moments[999] - moments[500]; took < 300*time.Millisecond {
			t.Errorf("the 500 calls after the delay take %v, expected at least 300 ms", took)
		}
	})
}

func TestAtRateInfinite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if moments := momentsAtRate(1000, math.Inf(1), func(int) {}); moments[999] != 0 {
			t.Errorf("the calls take %v, expected no pauses", moments[999])
		}
	})
}

func TestAtRateStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		time.AfterFunc(time.Minute+time.Second/2, func() { close(stop) })
		calls := 0
		AtRate(stop, 1, func() bool { calls++; return true })
		if calls < 60 || calls > 61 {
			t.Errorf("there are %d calls until stop is closed, expected 60 or 61", calls)
		}
		AtRate(stop, math.Inf(1), func() bool { t.Error("there is a call after stop is closed"); return false })
	})
}
