package fetch

import (
	"context"
	"fmt"
	"sync"
)

// Gate bounds the fetches of one worker: the number in flight, the number of others that wait or whose answers arrive, and
// the bytes of their request bodies.
type Gate struct {
	slots chan struct{} // has an element for each fetch in flight

	mu    sync.Mutex
	count int   // fetches that were admitted
	bytes int64 // the length of the request bodies of those fetches
}

const (
	maxOthers    = 256      // fetches that wait for a slot, or whose answers arrive
	maxBodyBytes = 64 << 20 // bytes in request bodies
)

// NewGate returns a Gate for at most inFlight fetches in flight.
func NewGate(inFlight int) *Gate { return &Gate{slots: make(chan struct{}, inFlight)} }

// Limit returns the number of fetches in flight that the gate admits.
func (g *Gate) Limit() int { return cap(g.slots) }

// Admit adds a fetch whose request body has the given number of bytes. Each fetch that was admitted must be removed with
// Remove. The text of the error is for the script.
func (g *Gate) Admit(body int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.count >= cap(g.slots)+maxOthers:
		return fmt.Errorf("fetch: %d fetches are in flight and %d wait or receive a body: await some of them first, and read or cancel their bodies", cap(g.slots), maxOthers)
	case g.bytes+body > maxBodyBytes:
		return fmt.Errorf("fetch: the bodies of the requests in flight would be more than %d bytes: await some of them first", maxBodyBytes)
	}
	g.count++
	g.bytes += body
	return nil
}

// Acquire blocks until the fetch may be in flight. Then Release must be called at its end. The error is the cause of the
// end of ctx.
func (g *Gate) Acquire(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Release ends a fetch in flight, so that the next one can begin.
func (g *Gate) Release() { <-g.slots }

// Remove removes a fetch that was admitted.
func (g *Gate) Remove(body int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count--
	g.bytes -= body
}
