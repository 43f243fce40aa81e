package pace

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestEachSpread(t *testing.T) {
	for _, c := range []struct {
		name        string
		items       int
		spread      time.Duration
		least, most time.Duration // of the whole
	}{
		{"no items", 0, time.Second, 0, 0},
		{"one item is not followed by a pause", 1, time.Second, 0, 0},
		{"few items have pauses of 1 ms on average", 1000, time.Hour, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"many items share the spread", 1000, 200 * time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond},
		{"too many items have no pauses", 1000, 49 * time.Millisecond, 0, 0},
		{"a spread of 0 is not a bound", 1000, 0, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"a spread that is over has no pauses", 1000, -time.Second, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				items := make([]int, c.items)
				for i := range items {
					items[i] = i
				}
				begun := time.Now()
				var done []int
				Each(nil, items, c.spread, func(i int) { done = append(done, i) })
				if !slices.Equal(done, items) {
					t.Errorf("each item has its call, in order; got %v", done)
				}
				if took := time.Since(begun); took < c.least || took > c.most {
					t.Errorf("the pauses add up to between %v and %v; got %v", c.least, c.most, took)
				}
			})
		})
	}
}

func TestEachStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		calls := 0
		Each(stop, make([]int, 10), 0, func(int) {
			if calls++; calls == 3 {
				close(stop)
			}
		})
		if calls < 3 || calls > 4 { // a timer that is due at once may come first
			t.Errorf("after stop there are no more calls; got %d", calls)
		}
	})
}
