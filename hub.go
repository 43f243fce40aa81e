package linger

import "sync"

// hub knows who is connected and who is subscribed to what. Sockets are in it
// from their acceptance until their close event has been handled.
type hub struct {
	mu       sync.RWMutex
	sockets  map[string]*Socket
	channels map[string]map[*Socket]struct{} // no entry without subscribers
	change   chan struct{}                   // closed when somebody leaves; made by who waits
}

func newHub() hub {
	return hub{
		sockets:  map[string]*Socket{},
		channels: map[string]map[*Socket]struct{}{},
	}
}

func (h *hub) add(s *Socket) {
	h.mu.Lock()
	h.sockets[s.id] = s
	h.mu.Unlock()
}

// remove ends a socket's membership and its subscriptions.
func (h *hub) remove(s *Socket) {
	h.mu.Lock()
	delete(h.sockets, s.id)
	for channel := range s.channels {
		h.leave(s, channel)
	}
	h.mu.Unlock()
	h.changed()
}

func (h *hub) changed() {
	h.mu.Lock()
	if h.change != nil {
		close(h.change)
		h.change = nil
	}
	h.mu.Unlock()
}

// changes returns a channel that is closed at the next change.
func (h *hub) changes() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.change == nil {
		h.change = make(chan struct{})
	}
	return h.change
}

func (h *hub) count() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.sockets)
}

func (h *hub) socket(id string) *Socket {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.sockets[id]
}

// all returns every socket there is at this moment.
func (h *hub) all() []*Socket {
	h.mu.RLock()
	defer h.mu.RUnlock()
	all := make([]*Socket, 0, len(h.sockets))
	for _, s := range h.sockets {
		all = append(all, s)
	}
	return all
}
