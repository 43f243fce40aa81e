package upgrade

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// gate is a server that answers when it is opened. An event of the application that awaits its answer is in progress until then.
type gate struct {
	t       *testing.T
	url     string
	arrived chan struct{} // has an element for each request
	opened  chan struct{} // closed by open
	once    sync.Once
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{t: t, arrived: make(chan struct{}, 1000), opened: make(chan struct{})}
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		g.arrived <- struct{}{}
		<-g.opened
	}))
	t.Cleanup(func() { g.open(); s.Close() })
	g.url = s.URL
	return g
}

// await waits until an event waits for the gate.
func (g *gate) await() {
	g.t.Helper()
	select {
	case <-g.arrived:
	case <-time.After(timeout):
		g.t.Fatalf("within %v no event of the application waits", timeout)
	}
}

// open lets the events go on.
func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }
