package loop

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

const (
	maxComputations  = 1024     // computations of one instance that run or wait
	maxComputedBytes = 64 << 20 // bytes that they need

	maxComputation = time.Minute // the time that one may take
)

// maxRunners is the number of computations of one instance that run at once: the number of processors, at least two, so that
// a long computation does not delay all others.
var maxRunners = max(2, runtime.GOMAXPROCS(0))

// computing has an element for each computation that runs in this process. There is room for two instances, so that one does
// not delay the computations of the others.
var computing = make(chan struct{}, 2*maxRunners)

// errComputation is the cause of the end of a computation that takes too long. Its text is for the script.
var errComputation = fmt.Errorf("the operation has been stopped, because it took longer than %v", maxComputation)

// computation is work of a script outside of the event loop.
type computation struct {
	size int64
	work func(context.Context)
	turn func() error // queued when the work is done
}

// Computations runs the computations of one instance, maxRunners at once. The others wait without a goroutine.
type Computations struct {
	ctx      context.Context //nolint:containedctx // it ends with the instance
	arrivals *Arrivals
	limit    time.Duration // the time that one may take

	mu      sync.Mutex
	waiting []*computation
	runners int   // goroutines that run computations
	count   int   // computations whose turns have not begun
	bytes   int64 // the sum of their sizes
}

// NewComputations returns computations whose turns are added to arrivals. They end with ctx.
func NewComputations(ctx context.Context, arrivals *Arrivals) Computations {
	return Computations{ctx: ctx, arrivals: arrivals, limit: maxComputation}
}

// Add calls work, which needs size bytes, on another goroutine, and then adds turn to the arrivals. The text of the error is for the script.
func (c *Computations) Add(size int64, work func(context.Context), turn func() error) error {
	next := &computation{size, work, turn}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.count >= maxComputations:
		return fmt.Errorf("%d operations are in progress or wait: await some of them first", maxComputations)
	case c.bytes+next.size > maxComputedBytes && c.count > 0:
		return fmt.Errorf("the operations in progress would need more than %d bytes: await some of them first", maxComputedBytes)
	}
	c.count++
	c.bytes += next.size
	c.waiting = append(c.waiting, next)
	if c.runners < maxRunners {
		c.runners++
		go c.run()
	}
	return nil
}

// run runs computations until none waits or the instance has ended.
func (c *Computations) run() {
	for next := c.next(); next != nil; next = c.next() {
		select {
		case computing <- struct{}{}:
		case <-c.ctx.Done():
			continue // the others are dropped too
		}
		ctx, cancel := context.WithTimeoutCause(c.ctx, c.limit, errComputation)
		next.work(ctx)
		cancel()
		<-computing
		c.arrivals.Add(Arrival{
			Drop: func() { c.remove(next) },
			Run:  func() error { c.remove(next); return next.turn() },
		})
	}
}

// next removes the first computation that waits, nil if there is none or the instance has ended. Then the runner that
// calls it has ended.
func (c *Computations) next() *computation {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		c.waiting = nil
	}
	if len(c.waiting) == 0 {
		c.runners--
		return nil
	}
	first := c.waiting[0]
	c.waiting[0] = nil
	c.waiting = c.waiting[1:]
	return first
}

// remove ends a computation whose turn begins or is dropped.
func (c *Computations) remove(done *computation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count--
	c.bytes -= done.size
}

// InProgress reports whether the turn of a computation has not begun.
func (c *Computations) InProgress() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count > 0
}
