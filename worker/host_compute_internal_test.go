package worker

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
)

func newComputations(t *testing.T) *computations {
	a := newArrivals()
	return &computations{ctx: t.Context(), arrivals: &a, limit: maxComputation}
}

// runs reports whether a goroutine runs computations.
func (c *computations) runs() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runners > 0
}

// await waits for a turn and runs it.
func (a *arrivals) await(t *testing.T) {
	t.Helper()
	for {
		if turn := a.next(); turn != nil {
			if err := turn(); err != nil {
				t.Error(err)
			}
			return
		}
		<-a.wake
	}
}

func TestComputationsRunAtOnce(t *testing.T) {
	c := newComputations(t)
	var mu sync.Mutex
	running, most := 0, 0
	add := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		running += n
		most = max(most, running)
	}
	const count = 50
	done := 0
	for range count {
		err := c.add(&computation{size: 1, work: func(context.Context) { add(1); add(-1) }, turn: func() error { done++; return nil }})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range count {
		if !c.inProgress() {
			t.Error("a computation is in progress until its turn begins")
		}
		c.arrivals.await(t)
	}
	if done != count || most > maxRunners || c.inProgress() || c.bytes != 0 {
		t.Errorf("all of %d computations are done, %d at once; got %d, %d at once, and %d bytes are left", count, maxRunners, done, most, c.bytes)
	}
}

func TestComputationsAreBoundedByBytes(t *testing.T) {
	c := newComputations(t)
	release := make(chan struct{})
	wait := func(context.Context) { <-release }
	if err := c.add(&computation{size: 2 * maxComputedBytes, work: wait, turn: func() error { return nil }}); err != nil {
		t.Errorf("one computation may need any number of bytes; got %v", err)
	}
	if err := c.add(&computation{size: 1, work: wait, turn: func() error { return nil }}); err == nil {
		t.Error("a computation beyond the bound is refused")
	}
	close(release)
	c.arrivals.await(t)
	if err := c.add(&computation{size: 1, work: wait, turn: func() error { return nil }}); err != nil {
		t.Errorf("there is room after the end of the first computation; got %v", err)
	}
	c.arrivals.await(t)
}

func TestComputationIsStoppedAfterItsTime(t *testing.T) {
	c := newComputations(t)
	c.limit = 1
	var cause error
	if err := c.add(&computation{work: func(ctx context.Context) { <-ctx.Done(); cause = context.Cause(ctx) }, turn: func() error { return nil }}); err != nil {
		t.Fatal(err)
	}
	c.arrivals.await(t)
	if !errors.Is(cause, errComputation) {
		t.Errorf("the context ends with the cause %q; got %v", errComputation, cause)
	}
}

func TestComputationsThatWaitEndWithTheInstance(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newComputations(t)
	c.ctx = ctx
	begun := make(chan struct{}, 100)
	for range 100 {
		err := c.add(&computation{work: func(ctx context.Context) { begun <- struct{}{}; <-ctx.Done() }, turn: func() error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	c.arrivals.close()
	cancel()
	for c.runs() {
		runtime.Gosched()
	}
	if n := 1 + len(begun); n > maxRunners {
		t.Errorf("at most %d computations have begun; got %d", maxRunners, n)
	}
}
