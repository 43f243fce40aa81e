package worker

import (
	"context"
	"fmt"
	"sync"

	"github.com/lingerws/linger/worker/internal/engine"
)

// fetchGate bounds what the engines of one worker may have fetched at a time: how many
// fetches are on their way, how many wait for that, and the bytes of their bodies.
type fetchGate struct {
	places chan struct{} // one is taken by each that is on its way

	mu    sync.Mutex
	count int   // on their way, or waiting
	bytes int64 // of their bodies
}

const (
	maxWaitingFetches = 256      // beyond those on their way
	maxFetchBytes     = 64 << 20 // of request bodies, in one worker
)

func newFetchGate(places int) *fetchGate { return &fetchGate{places: make(chan struct{}, places)} }

// admit counts a fetch in, or refuses it with what the script is told.
func (g *fetchGate) admit(body int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.count >= cap(g.places)+maxWaitingFetches:
		return typeError(fmt.Sprintf("fetch: %d fetches are in flight and %d wait: await some of them first", cap(g.places), maxWaitingFetches))
	case g.bytes+body > maxFetchBytes:
		return typeError(fmt.Sprintf("fetch: the bodies of the requests in flight would be more than %d bytes: await some of them first", maxFetchBytes))
	}
	g.count++
	g.bytes += body
	return nil
}

// enter waits for a place.
func (g *fetchGate) enter(ctx context.Context) error {
	select {
	case g.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave gives the place to the next.
func (g *fetchGate) leave() { <-g.places }

// dismiss counts a fetch out.
func (g *fetchGate) dismiss(body int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count--
	g.bytes -= body
}

func typeError(text string) error { return &engine.Throw{Name: "TypeError", Message: text} }
