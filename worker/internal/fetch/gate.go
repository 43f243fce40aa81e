package fetch

import (
	"context"
	"fmt"
	"sync"
)

// Gate bounds the fetches of one worker: how many are in flight, how many wait, and the bytes of
// their request bodies.
type Gate struct {
	places chan struct{} // has an element for each fetch in flight

	mu    sync.Mutex
	count int   // fetches in flight or waiting
	bytes int64 // in their request bodies
}

const (
	maxWaiting = 256      // fetches that wait for others to end
	maxBodies  = 64 << 20 // bytes
)

// NewGate returns a Gate that lets a number of fetches be in flight at the same time.
func NewGate(inFlight int) *Gate { return &Gate{places: make(chan struct{}, inFlight)} }

// Admit adds a fetch whose request body has so many bytes. The error is a *[CallError]. Every fetch that is admitted
// must be removed with Dismiss.
func (g *Gate) Admit(body int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.count >= cap(g.places)+maxWaiting:
		return &CallError{fmt.Sprintf("fetch: %d fetches are in flight and %d wait: await some of them first", cap(g.places), maxWaiting)}
	case g.bytes+body > maxBodies:
		return &CallError{fmt.Sprintf("fetch: the bodies of the requests in flight would be more than %d bytes: await some of them first", maxBodies)}
	}
	g.count++
	g.bytes += body
	return nil
}

// Enter waits until the fetch may be in flight. After it every fetch must call Leave. The error is the cause of ctx's end.
func (g *Gate) Enter(ctx context.Context) error {
	select {
	case g.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Leave lets the next fetch be in flight.
func (g *Gate) Leave() { <-g.places }

// Dismiss removes a fetch that was admitted.
func (g *Gate) Dismiss(body int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count--
	g.bytes -= body
}
