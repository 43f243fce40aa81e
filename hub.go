package linger

import (
	"iter"
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/internal/latch"
)

// hub knows who is connected and who is subscribed to what. Sockets are in it
// from their acceptance until their close event has been handled.
type hub struct {
	mu       sync.RWMutex
	sockets  map[string]*Socket
	size     atomic.Int64                    // of sockets, for those who cannot take the lock
	channels map[string]map[*Socket]struct{} // no entry without subscribers
	change   latch.Latch                     // released when a socket is removed and when an upgrade has ended
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
	h.size.Store(int64(len(h.sockets)))
	h.mu.Unlock()
}

// remove ends a socket's membership and its subscriptions.
func (h *hub) remove(s *Socket) {
	h.mu.Lock()
	delete(h.sockets, s.id)
	h.size.Store(int64(len(h.sockets)))
	for channel := range s.channels {
		h.leave(s, channel)
	}
	h.mu.Unlock()
	h.changed()
}

func (h *hub) changed() {
	h.mu.Lock()
	h.change.Release()
	h.mu.Unlock()
}

// changes returns a channel that is closed at the next change.
func (h *hub) changes() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.change.Next()
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

// Sockets returns the connections that are subscribed to a channel at the moment a loop
// over them begins, every connection for the empty name: from their acceptance until
// their close event has been handled. They come in no particular order. Connections may
// come and go during the loop, and its body may do anything.
func (s *Server) Sockets(channel string) iter.Seq[*Socket] {
	return func(yield func(*Socket) bool) {
		list := s.hub.list(channel)
		defer recycleList(list)
		for _, socket := range *list {
			if !yield(socket) {
				return
			}
		}
	}
}

// Subscribers returns how many connections are subscribed to a channel.
func (s *Server) Subscribers(channel string) int {
	s.hub.mu.RLock()
	defer s.hub.mu.RUnlock()
	return len(s.hub.channels[channel])
}

// lists lends the slices that sockets are collected in.
var lists = sync.Pool{New: func() any { return new([]*Socket) }}

// list returns the subscribers of a channel, or everybody for the empty name, in a
// list to be given back with recycleList. What is done with them happens outside the
// hub's lock.
func (h *hub) list(channel string) *[]*Socket {
	list, _ := lists.Get().(*[]*Socket)
	h.mu.RLock()
	defer h.mu.RUnlock()
	if channel == "" {
		for _, s := range h.sockets {
			*list = append(*list, s)
		}
		return list
	}
	for s := range h.channels[channel] {
		*list = append(*list, s)
	}
	return list
}

func recycleList(list *[]*Socket) {
	clear(*list)
	*list = (*list)[:0]
	lists.Put(list)
}
