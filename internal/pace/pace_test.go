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
		least, most time.Duration // the bounds of the total time
	}{
		{"no items", 0, time.Second, 0, 0},
		{"no pause after the last item", 1, time.Second, 0, 0},
		{"pauses of 1 ms on average for few items", 1000, time.Hour, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"shorter pauses for many items", 1000, 200 * time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond},
		{"no pauses for too many items", 1000, 49 * time.Millisecond, 0, 0},
		{"no limit with a spread of 0", 1000, 0, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"no pauses with a negative spread", 1000, -time.Second, 0, 0},
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
					t.Errorf("the calls are %v, expected one for each item, in order", done)
				}
				if took := time.Since(begun); took < c.least || took > c.most {
					t.Errorf("Each takes %v, expected between %v and %v", took, c.least, c.most)
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
		if calls < 3 || calls > 4 { // a timer with a pause of 0 may win against stop
			t.Errorf("there are %d calls, expected none after stop", calls)
		}
	})
}
