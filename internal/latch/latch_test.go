package latch

import (
	"sync"
	"testing"
	"testing/synctest"
)

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestLatchRelease(t *testing.T) {
	var l Latch
	l.Release() // no effect without a waiter
	first := l.Next()
	if isClosed(first) || l.Next() != first {
		t.Error("before Release, Next returns different channels or a closed one")
	}
	l.Release()
	l.Release()
	second := l.Next()
	if !isClosed(first) || isClosed(second) {
		t.Errorf("the channels returned before and after Release are closed: %v and %v, expected true and false", isClosed(first), isClosed(second))
	}
	if !isClosed(Released) {
		t.Error("Released is not closed")
	}
}

func TestLatchReleaseAllocs(t *testing.T) {
	var l Latch
	if n := testing.AllocsPerRun(100, l.Release); n != 0 {
		t.Errorf("Release without a waiter allocates %v times, expected 0", n)
	}
}

func TestLatchManyWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var l Latch
		const waiters, last = 8, 100
		count := 0
		var done sync.WaitGroup
		for range waiters {
			done.Go(func() {
				for {
					mu.Lock()
					if count == last {
						mu.Unlock()
						return
					}
					next := l.Next()
					mu.Unlock()
					<-next
				}
			})
		}
		for range last {
			mu.Lock()
			count++
			l.Release()
			mu.Unlock()
		}
		done.Wait() // synctest fails the test if a goroutine waits forever
	})
}
