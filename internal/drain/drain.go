// Package drain closes the connections of a server one after the other, so that their clients do not all reconnect at once.
package drain

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/internal/pace"
	"github.com/lingerws/linger/protocol"
)

// Source is the server whose connections are drained. The functions may be called from any goroutine.
type Source[C comparable] struct {
	// Connections returns all connections, those included whose opening handshake is not complete. Count returns their number, and
	// Has reports whether a connection is one of them.
	Connections func() []C
	Count       func() int
	Has         func(C) bool

	// Close starts the closing handshake of a connection, after the handlers of what has arrived. It reports false, and does
	// nothing, if the connection is closing or has ended.
	Close func(C, protocol.Status) bool

	// Upgrading returns the number of requests that may become connections.
	Upgrading func() int
}

// Drainer drains a server. All methods may be called from any goroutine.
type Drainer[C comparable] struct {
	source Source[C]
	active atomic.Bool // a drain is in progress; lets Ended and Changed return without locking mu

	mu      sync.Mutex
	last    *run[C]     // the drain in progress or the last one; nil if there was none
	stopped bool        // Stop was called
	change  latch.Latch // released when a connection has ended, or the number of Upgrading has changed
}

// run is one drain. Drainer.mu guards status and left.
type run[C comparable] struct {
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when the drain has ended
	err    error         // why it has ended before its connections have; valid after ended is closed
	rate   float64
	status Status
	left   map[C]struct{} // the connections that the drain ends, until their close events have been handled
}

// New returns a Drainer for a server.
func New[C comparable](source Source[C]) *Drainer[C] { return &Drainer[C]{source: source} }

// Refuses reports whether new connections have to be refused: from the beginning of a drain of all connections, unless that drain
// is cancelled.
func (d *Drainer[C]) Refuses() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refuses()
}

// refuses is Refuses while mu is held.
func (d *Drainer[C]) refuses() bool {
	return d.last != nil && d.last.status.Options.all() && d.last.status.State != Cancelled
}

// Status returns how far the drain in progress is, or the last one was at its end.
func (d *Drainer[C]) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil {
		return Status{}
	}
	status := d.last.status
	if math.IsInf(status.Rate, 0) {
		status.Rate = 0
	}
	switch status.State {
	case Waiting:
		status.Total = status.Options.chosen(d.source.Count())
		status.Left = status.Total
		rate := status.Options.rate(status.Total)
		status.Ends = status.Began.Add(status.Options.Delay + duration(status.Total, rate))
		if !math.IsInf(rate, 0) {
			status.Rate = rate
		}
	case Closing:
		status.Left = len(d.last.left)
	case Complete, Cancelled, TimedOut:
	}
	return status
}

// Ended has to be called when the close event of a connection has been handled.
func (d *Drainer[C]) Ended(c C) {
	if !d.active.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last != nil {
		delete(d.last.left, c)
	}
	d.change.Release()
}

// Changed has to be called when the number of Source.Upgrading has decreased.
func (d *Drainer[C]) Changed() {
	if !d.active.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.change.Release()
}

// Cancel ends the drain in progress, whose error is [ErrCancelled]. After a drain of all connections, in progress or not, new
// ones are not refused any more.
func (d *Drainer[C]) Cancel() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancel()
}

// Stop is Cancel, and makes later calls of Start fail: for the beginning of a shutdown.
func (d *Drainer[C]) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	d.cancel()
}

// cancel ends the last drain. mu is held.
func (d *Drainer[C]) cancel() {
	if d.last == nil {
		return
	}
	d.last.end(Cancelled)
	d.last.cancel(ErrCancelled)
}

// Start begins a drain, and returns a function that blocks until the close event of the last connection has been handled. A drain of
// all connections replaces one of a share of them; a drain of a share fails as long as new connections are refused. The error is
// [ErrInProgress], or names the option that is wrong. That of wait is [ErrTimeout], [ErrCancelled], or the cause of the end of ctx.
func (d *Drainer[C]) Start(ctx context.Context, o Options) (wait func() error, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := func() { cancel(nil) }
	if o.Timeout > 0 {
		var stopTimer context.CancelFunc
		ctx, stopTimer = context.WithTimeoutCause(ctx, o.Timeout, ErrTimeout)
		stop = func() { stopTimer(); cancel(nil) }
	}
	r := &run[C]{cancel: cancel, ended: make(chan struct{}), left: map[C]struct{}{}, status: Status{State: Waiting, Options: o, Began: time.Now()}}
	if !d.begin(r) {
		stop()
		return nil, ErrInProgress
	}
	go func() {
		defer stop()
		d.finish(r, d.drain(ctx, r))
	}()
	return func() error { <-r.ended; return r.err }, nil
}

// begin makes a drain the one in progress. It reports false if there is one that it does not replace.
func (d *Drainer[C]) begin(r *run[C]) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	busy := d.last != nil && d.last.inProgress()
	if all := r.status.Options.all(); d.stopped || all && busy && d.refuses() || !all && (busy || d.refuses()) {
		return false
	}
	d.cancel()
	d.last = r
	d.active.Store(true)
	return true
}

// drain waits for the delay, closes the connections, and waits for their ends.
func (d *Drainer[C]) drain(ctx context.Context, r *run[C]) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(r.status.Options.Delay):
	}
	for ctx.Err() == nil {
		change := d.nextChange()
		upgrading := d.source.Upgrading() // before choose, which has the connections that these requests have become
		chosen := d.choose(r)
		if len(chosen) > 0 {
			pace.AtRate(ctx.Done(), r.rate, func() (more bool) { return d.closeNext(r, &chosen) })
			continue
		}
		if d.isEmpty(r) && (upgrading == 0 || !r.status.Options.all()) {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// choose returns connections to be closed, in random order: at first all or a share of them, and later those that have been added
// to all since.
func (d *Drainer[C]) choose(r *run[C]) []C {
	connections := d.source.Connections()
	rand.Shuffle(len(connections), func(i, j int) { connections[i], connections[j] = connections[j], connections[i] })
	d.mu.Lock()
	defer d.mu.Unlock()
	first := r.status.State == Waiting
	if !r.inProgress() || !first && !r.status.Options.all() {
		return nil
	}
	if first {
		connections = connections[:r.status.Options.chosen(len(connections))]
		r.rate = r.status.Options.rate(len(connections))
		r.status.State, r.status.Rate = Closing, r.rate
		r.status.Ends = time.Now().Add(duration(len(connections), r.rate))
	}
	var chosen []C
	for _, c := range connections {
		if _, known := r.left[c]; !known {
			r.left[c] = struct{}{}
			if d.source.Has(c) { // after the entry was made, so that Ended finds it later
				chosen = append(chosen, c)
			} else {
				delete(r.left, c)
			}
		}
	}
	r.status.Total += len(chosen)
	return chosen
}

// closeNext closes the last connection of a list that is still open, and removes it and those after it. It reports whether the
// list has more.
func (d *Drainer[C]) closeNext(r *run[C], list *[]C) (more bool) {
	status := protocol.Status{Code: r.status.Options.Code, Reason: r.status.Options.Reason}
	for len(*list) > 0 {
		last := len(*list) - 1
		c := (*list)[last]
		*list = (*list)[:last]
		if d.source.Close(c, status) {
			d.mu.Lock()
			r.status.Closed++
			r.status.Ends = time.Now().Add(duration(last, r.rate))
			d.mu.Unlock()
			break
		}
	}
	return len(*list) > 0
}

func (d *Drainer[C]) isEmpty(r *run[C]) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(r.left) == 0
}

func (d *Drainer[C]) nextChange() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.change.Next()
}

// finish records how a drain has ended.
func (d *Drainer[C]) finish(r *run[C], err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		r.end(Complete)
	case errors.Is(err, ErrTimeout):
		r.end(TimedOut)
	default:
		r.end(Cancelled)
	}
	if d.last == r {
		d.active.Store(false)
	}
	r.err = err
	close(r.ended)
}

// inProgress reports whether a drain has not ended. Drainer.mu is held.
func (r *run[C]) inProgress() bool { return r.status.State == Waiting || r.status.State == Closing }

// end records the end of a drain. Only a cancellation changes the state of one that has ended. Drainer.mu is held.
func (r *run[C]) end(state State) {
	if r.inProgress() {
		r.status.Left = len(r.left)
		r.status.Ends = time.Now()
		r.left = nil
	} else if state != Cancelled {
		return
	}
	r.status.State = state
}
