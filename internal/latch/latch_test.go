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
	l.Release() // without a waiter it does nothing
	first := l.Next()
	if isClosed(first) || l.Next() != first {
		t.Error("until Release, Next returns one channel, which is open")
	}
	l.Release()
	l.Release()
	second := l.Next()
	if !isClosed(first) || isClosed(second) {
		t.Errorf("Release closes the channels returned before it only; closed: %v and %v", isClosed(first), isClosed(second))
	}
	if !isClosed(Released) {
		t.Error("Released is closed")
	}
}

func TestLatchAllocatesWithWaitersOnly(t *testing.T) {
	var l Latch
	if n := testing.AllocsPerRun(100, l.Release); n != 0 {
		t.Errorf("a release without a waiter allocates nothing; got %v", n)
	}
}

func TestLatchEveryWaiterSeesTheChange(t *testing.T) {
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
		done.Wait() // synctest fails the test where one waits for ever
	})
}
