package drain_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/drain"
	"github.com/lingerws/linger/protocol"
)

// crowd is a server whose connections are numbers. A connection ends a second after it was closed.
type crowd struct {
	*drain.Drainer[int]

	mu        sync.Mutex
	open      []int
	closed    []int // in the order in which they were closed
	upgrading int
	stuck     int // this connection does not end
}

func newCrowd(n int) *crowd {
	c := &crowd{stuck: -1}
	for i := range n {
		c.open = append(c.open, i)
	}
	c.Drainer = drain.New(drain.Source[int]{
		Connections: func() []int { c.mu.Lock(); defer c.mu.Unlock(); return slices.Clone(c.open) },
		Count:       func() int { c.mu.Lock(); defer c.mu.Unlock(); return len(c.open) },
		Has:         func(i int) bool { c.mu.Lock(); defer c.mu.Unlock(); return slices.Contains(c.open, i) },
		Upgrading:   func() int { c.mu.Lock(); defer c.mu.Unlock(); return c.upgrading },
		Close:       c.close,
	})
	return c
}

func (c *crowd) close(i int, _ protocol.Status) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.open, i) || slices.Contains(c.closed, i) {
		return false
	}
	c.closed = append(c.closed, i)
	if i != c.stuck {
		time.AfterFunc(time.Second, func() { c.end(i) })
	}
	return true
}

// end ends a connection.
func (c *crowd) end(i int) {
	c.mu.Lock()
	c.open = slices.DeleteFunc(c.open, func(o int) bool { return o == i })
	c.mu.Unlock()
	c.Ended(i)
}

// drain runs a drain to its end.
func (c *crowd) drain(t *testing.T, o drain.Options) error {
	t.Helper()
	wait, err := c.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return wait()
}

func TestDrainerRandomOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(100)
		if err := c.drain(t, drain.Options{}); err != nil {
			t.Fatal(err)
		}
		inPlace := 0
		for i, closed := range c.closed {
			if closed == i || closed == len(c.closed)-1-i {
				inPlace++
			}
		}
		if len(c.closed) != 100 || inPlace > 20 {
			t.Errorf("the order of the closings is not random: %v", c.closed)
		}
	})
}

// A connection that ends between the listing of all connections and the choice among them is not waited for.
func TestDrainerConnectionEndsWhileChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(10)
		listed := slices.Clone(c.open)
		c.end(3)
		source := drain.Source[int]{
			Connections: func() []int { return slices.Clone(listed) },
			Count:       func() int { return 10 },
			Has:         c.has,
			Upgrading:   func() int { return 0 },
			Close:       c.close,
		}
		c.Drainer = drain.New(source)
		if err := c.drain(t, drain.Options{Share: 1 - 1e-12, Timeout: time.Hour}); err != nil {
			t.Errorf("the drain ends with %v: it waits for a connection that has ended", err)
		}
	})
}

func (c *crowd) has(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.open, i)
}

func TestDrainerTimeoutWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(10)
		c.stuck = 4
		if err := c.drain(t, drain.Options{Timeout: time.Minute}); !errors.Is(err, drain.ErrTimeout) {
			t.Errorf("the drain ends with %v, expected a timeout", err)
		}
		if s := c.Status(); s.State != drain.TimedOut || s.Left != 1 || s.Closed != 10 || !c.Refuses() {
			t.Errorf("the status is %+v, expected one connection left and new ones refused", s)
		}
	})
}

func TestDrainerShareOfFew(t *testing.T) {
	for _, test := range []struct {
		connections int
		share       float64
		closed      int
	}{{0, 0.5, 0}, {1, 0.5, 1}, {3, 0.01, 1}, {10, 0.3, 3}, {10, 0.31, 4}, {10, 1, 10}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowd(test.connections)
			if err := c.drain(t, drain.Options{Share: test.share}); err != nil || len(c.closed) != test.closed {
				t.Errorf("a share of %v of %d connections closes %d, %v, expected %d", test.share, test.connections, len(c.closed), err, test.closed)
			}
		})
	}
}

// Connections that are opened by requests from before the drain are closed at the same rate.
func TestDrainerLateConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(10)
		c.upgrading = 1
		time.AfterFunc(time.Minute, func() {
			c.mu.Lock()
			c.open = append(c.open, 100, 101, 102)
			c.upgrading = 0
			c.mu.Unlock()
			c.Changed()
		})
		began := time.Now()
		if err := c.drain(t, drain.Options{Rate: 1}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); len(c.closed) != 13 || took < time.Minute+2*time.Second || took > time.Minute+5*time.Second {
			t.Errorf("%d connections are closed in %v, expected 13 in 62 to 65 s", len(c.closed), took)
		}
		if s := c.Status(); s.Total != 13 || s.Left != 0 {
			t.Errorf("the status is %+v, expected 13 connections", s)
		}
	})
}

func TestDrainerStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(10)
		wait, err := c.Start(t.Context(), drain.Options{Delay: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		c.Stop()
		if err := wait(); !errors.Is(err, drain.ErrCancelled) {
			t.Errorf("the drain ends with %v, expected %v", err, drain.ErrCancelled)
		}
		if _, err := c.Start(t.Context(), drain.Options{}); !errors.Is(err, drain.ErrInProgress) {
			t.Errorf("a drain after Stop returns %v, expected %v", err, drain.ErrInProgress)
		}
	})
}

// Drains, cancellations, ends and queries from many goroutines leave a state in which another drain completes.
func TestDrainerConcurrency(t *testing.T) {
	c := newCrowd(200)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 50 {
				o := drain.Options{Rate: 10_000, Share: []float64{0.1, 1}[j%2]}
				if wait, err := c.Start(context.Background(), o); err == nil && i%2 == 0 {
					c.Cancel()
					_ = wait()
				}
				c.Status()
				c.Refuses()
				c.end(i*25 + j%25)
			}
		})
	}
	all.Wait()
	c.Cancel()
	wait, err := c.Start(t.Context(), drain.Options{Spread: -1, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := wait(); err != nil || c.Status().State != drain.Complete {
		t.Errorf("the last drain ends with %v: %+v", err, c.Status())
	}
}
