package loop

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
)

func newComputations(t *testing.T) *Computations {
	a := NewArrivals()
	return &Computations{ctx: t.Context(), arrivals: &a, limit: maxComputation}
}

// runs reports whether a goroutine runs computations.
func (c *Computations) runs() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runners > 0
}

// await waits for a turn and runs it.
func (a *Arrivals) await(t *testing.T) {
	t.Helper()
	for {
		if turn := a.Next(); turn != nil {
			if err := turn(); err != nil {
				t.Error(err)
			}
			return
		}
		<-a.Wake
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
		err := c.Add(1, func(context.Context) { add(1); add(-1) }, func() error { done++; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	for range count {
		if !c.InProgress() {
			t.Error("a computation is in progress until its turn begins")
		}
		c.arrivals.await(t)
	}
	if done != count || most > maxRunners || c.InProgress() || c.bytes != 0 {
		t.Errorf("all of %d computations are done, %d at once; got %d, %d at once, and %d bytes are left", count, maxRunners, done, most, c.bytes)
	}
}

func TestComputationsAreBoundedByBytes(t *testing.T) {
	c := newComputations(t)
	release := make(chan struct{})
	wait := func(context.Context) { <-release }
	if err := c.Add(2*maxComputedBytes, wait, func() error { return nil }); err != nil {
		t.Errorf("one computation may need any number of bytes; got %v", err)
	}
	if err := c.Add(1, wait, func() error { return nil }); err == nil {
		t.Error("a computation beyond the bound is refused")
	}
	close(release)
	c.arrivals.await(t)
	if err := c.Add(1, wait, func() error { return nil }); err != nil {
		t.Errorf("there is room after the end of the first computation; got %v", err)
	}
	c.arrivals.await(t)
}

func TestComputationIsStoppedAfterItsTime(t *testing.T) {
	c := newComputations(t)
	c.limit = 1
	var cause error
	if err := c.Add(0, func(ctx context.Context) { <-ctx.Done(); cause = context.Cause(ctx) }, func() error { return nil }); err != nil {
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
		err := c.Add(0, func(ctx context.Context) { begun <- struct{}{}; <-ctx.Done() }, func() error { return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	c.arrivals.Close()
	cancel()
	for c.runs() {
		runtime.Gosched()
	}
	if n := 1 + len(begun); n > maxRunners {
		t.Errorf("at most %d computations have begun; got %d", maxRunners, n)
	}
}
