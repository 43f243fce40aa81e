package proxy

import (
	"net/http"
	"sync/atomic"
)

// Trace is a set of functions that a proxy calls when something happens, for metrics and logs: [Options.Trace]. Any of them may be nil.
// They are called from any goroutine, at the same time, and must not block.
type Trace struct {
	// Opened is called when a client has been connected to a backend.
	Opened func()

	// Refused is called when a request is answered without that: with the status of the response, and a reason. That is the
	// identifier of a wrong handshake (package handshake), "target", "drain" or "shutdown"; "backend" if a backend has refused, and
	// its response was forwarded; "unreachable", "timeout" or "invalid-response" if no backend has given a valid one. It is not
	// called for a client that disconnects before.
	Refused func(r *http.Request, status int, reason string)

	// Closed is called when both connections of a pair have ended.
	Closed func(Ends)
}

// The values of Ends.Initiator.
const (
	InitiatorClient  = "client"
	InitiatorBackend = "backend"
	InitiatorProxy   = "proxy"
)

// initiator has the value of Ends.Initiator once the end of a pair has begun.
type initiator struct{ name atomic.Pointer[string] }

// set sets the initiator, unless it is set.
func (i *initiator) set(name string) { i.name.CompareAndSwap(nil, &name) }

// String returns the initiator, or "" before the end has begun.
func (i *initiator) String() string {
	if name := i.name.Load(); name != nil {
		return *name
	}
	return ""
}

func (h *Handler) traceOpened() {
	if t := h.options().Trace; t != nil && t.Opened != nil {
		t.Opened()
	}
}

func (h *Handler) traceRefused(r *http.Request, status int, reason string) {
	if t := h.options().Trace; t != nil && t.Refused != nil {
		t.Refused(r, status, reason)
	}
}

func (h *Handler) traceClosed(ends Ends) {
	if t := h.options().Trace; t != nil && t.Closed != nil {
		t.Closed(ends)
	}
}

// Snapshot describes a proxy at one moment.
type Snapshot struct {
	Pairs        int     // clients that are connected to a backend
	FromClients  Traffic // forwarded from clients since New
	FromBackends Traffic // forwarded from backends since New
}

// Traffic counts messages and the bytes of their payloads, without compression. A message counts when its last piece has passed.
type Traffic struct{ Messages, Bytes int64 }

// counter counts Traffic.
type counter struct{ messages, bytes atomic.Int64 }

func (c *counter) traffic() Traffic {
	return Traffic{Messages: c.messages.Load(), Bytes: c.bytes.Load()}
}

func (t *Traffic) add(more Traffic) {
	t.Messages += more.Messages
	t.Bytes += more.Bytes
}

// Snapshot returns the state of the proxy. It takes about as long as a look at each pair.
func (h *Handler) Snapshot() Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.ended
	s.Pairs = len(h.pipes)
	for p := range h.pipes {
		s.add(p)
	}
	return s
}

// add adds the traffic of a pipe.
func (s *Snapshot) add(p *pipe) {
	s.FromClients.add(p.client.forwarded.traffic())
	s.FromBackends.add(p.backend.forwarded.traffic())
}
