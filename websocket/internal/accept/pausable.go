package accept

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Pausable is a listener that can stop accepting connections for a while. Connections that arrive meanwhile wait in the kernel's queue
// of the listener, where another process that has the same listener can accept them.
type Pausable struct {
	net.Listener

	mu        sync.Mutex
	changed   *sync.Cond // of what follows
	paused    bool
	closed    bool
	accepting bool   // a call of Accept of the listener below is in progress
	resumed   func() // is called by Resume; nil unless a listener of this package accepts in place of Accept

	pending atomic.Int64 // upgrade requests that have a handler and neither a response nor net/http
}

// NewPausable returns a listener that accepts connections from l. If l has no SetDeadline, a call of its Accept that is in progress
// when Pause is called returns one more connection.
func NewPausable(l net.Listener) *Pausable {
	p := &Pausable{Listener: l}
	p.changed = sync.NewCond(&p.mu)
	return p
}

// Pause stops accepting connections. None is accepted after Pause has returned, until Resume is called.
func (p *Pausable) Pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = true
	if p.resumed != nil || !p.interrupt() {
		return
	}
	for p.accepting && !p.closed {
		p.changed.Wait()
	}
}

// interrupt makes a call of Accept that is in progress return, and reports whether it can.
func (p *Pausable) interrupt() bool {
	l, ok := p.Listener.(interface{ SetDeadline(t time.Time) error })
	return ok && l.SetDeadline(time.Unix(1, 0)) == nil // in the past
}

// Resume accepts connections again.
func (p *Pausable) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.paused {
		return
	}
	p.paused = false
	if p.resumed != nil {
		p.resumed()
		return
	}
	if l, ok := p.Listener.(interface{ SetDeadline(t time.Time) error }); ok {
		_ = l.SetDeadline(time.Time{}) // fails only if the listener is closed
	}
	p.changed.Broadcast()
}

// Accept waits until a connection has come and the listener is not paused.
func (p *Pausable) Accept() (net.Conn, error) {
	for {
		if !p.begin() {
			return nil, net.ErrClosed
		}
		conn, err := p.Listener.Accept()
		p.end()
		if errors.Is(err, os.ErrDeadlineExceeded) { // Pause has set it
			continue
		}
		return conn, err
	}
}

// begin waits until the listener is not paused. It returns false if the listener is closed.
func (p *Pausable) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.paused && !p.closed {
		p.changed.Wait()
	}
	p.accepting = !p.closed
	return p.accepting
}

func (p *Pausable) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepting = false
	p.changed.Broadcast()
}

// Close closes the listener. If it is paused, the connections in the kernel's queue are reset, unless another process has the listener.
func (p *Pausable) Close() error {
	p.mu.Lock()
	p.closed = true
	p.changed.Broadcast()
	p.mu.Unlock()
	return p.Listener.Close()
}

// settleInterval is the time after which Settled looks again. A handler that does not respond leaves its request to net/http after
// promoteAfter.
const settleInterval = time.Millisecond

// Settled blocks until no upgrade request is left that net/http does not know of and that has no response. After Pause and Settled
// [http.Server.Shutdown] waits for all requests whose connections the listener has accepted. The error is that of ctx.
func (p *Pausable) Settled(ctx context.Context) error {
	ticker := time.NewTicker(settleInterval)
	defer ticker.Stop()
	for p.pending.Load() > 0 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// replace makes another listener accept in place of p. resumed is called by Resume.
func (p *Pausable) replace(resumed func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resumed = resumed
}

// unlessPaused calls accept, which must not block, and returns true, unless p is paused. A nil Pausable is never paused.
func (p *Pausable) unlessPaused(accept func()) bool {
	if p == nil {
		accept()
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused {
		return false
	}
	accept()
	return true
}

// add changes the number of upgrade requests for Settled. p may be nil.
func (p *Pausable) add(n int64) {
	if p != nil {
		p.pending.Add(n)
	}
}
