package linger

import (
	"runtime"
	"sync"
	"testing"
)

func TestAFanOutReachesEachOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, n := range []int{0, 1, leastSpread, 2*leastSpread - 1, 2 * leastSpread, 3*leastSpread + 1, 10*leastSpread + 7} {
		list := make([]*Socket, n)
		for i := range list {
			list[i] = &Socket{}
		}
		var mu sync.Mutex
		reached := map[*Socket]int{}
		got := spread(list, func(part []*Socket) int {
			mu.Lock()
			defer mu.Unlock()
			for _, s := range part {
				reached[s]++
			}
			return len(part)
		})
		if got != n || len(reached) != n {
			t.Errorf("each of %d is reached once; got %d, of %d", n, got, len(reached))
		}
	}
}
