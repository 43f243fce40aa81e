package uring_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// Goroutines on several threads use a ring in turn.
func TestChangingThreads(t *testing.T) {
	const threads, rounds = 8, 200
	r := newRing(t, 4)
	from, to := newTCPPair(t)
	var turn sync.Mutex
	var seen sync.Map
	var group sync.WaitGroup
	for range threads {
		group.Go(func() {
			runtime.LockOSThread() // and the thread ends with the goroutine
			seen.Store(unix.Gettid(), nil)
			for round := range rounds {
				turn.Lock()
				exchange(t, r, []int32{from}, []int32{to}, numbered(round))
				turn.Unlock()
			}
		})
	}
	group.Wait()
	n := 0
	seen.Range(func(any, any) bool { n++; return true })
	if n != threads {
		t.Errorf("the ring has been used by %d threads, expected %d", n, threads)
	}
	exchange(t, r, []int32{from}, []int32{to}, numbered(0)) // all these threads have ended
}

// Several rings are used at the same time, by goroutines that the scheduler moves between threads.
func TestSeveralRings(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		r := newRing(t, 16)
		var from, to []int32
		for range 8 {
			a, b := newTCPPair(t)
			from, to = append(from, a, b), append(to, b, a)
		}
		group.Go(func() {
			for round := range 200 {
				exchange(t, r, from, to, numbered(round))
				runtime.Gosched()
			}
		})
	}
	group.Wait()
}

// The kernel interrupts the thread with signals while it carries out operations.
func TestSignalsDuringSubmit(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var thread, end = unix.Gettid(), make(chan struct{})
	var signals atomic.Int64
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-end:
				return
			default:
				_ = unix.Tgkill(unix.Getpid(), thread, unix.SIGURG)
				signals.Add(1)
			}
		}
	})
	const connections = 64
	r := newRing(t, connections)
	var from, to []int32
	for range connections {
		a, b := newTCPPair(t)
		from, to = append(from, a), append(to, b)
	}
	for round := 0; round < 100 || signals.Load() < 10_000; round++ {
		exchange(t, r, from, to, numbered(round))
	}
	close(end)
	group.Wait()
}
