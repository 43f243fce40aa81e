package linger

import (
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/websocket"
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

// Subscribe makes the connection receive what is published on a channel, until
// Unsubscribe or its close event has been handled. Subscribing twice is once.
// The error is [ErrChannelName], [ErrChannels], or [ErrClosed] after the end.
func (s *Socket) Subscribe(channel string) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	return s.server.hub.subscribe(s, channel)
}

func checkChannel(name string) error {
	if name == "" || len(name) > maxChannelName {
		return ErrChannelName
	}
	return nil
}

// Unsubscribe ends a subscription, if there is one.
func (s *Socket) Unsubscribe(channel string) {
	h := &s.server.hub
	h.mu.Lock()
	h.leave(s, channel)
	h.mu.Unlock()
}

// Publish sends a message to every connection that is subscribed to the channel,
// those left out that are named in except: the connection of the handler that
// publishes is not left out by itself. The message is framed once for all. It
// never waits for a slow subscriber: Options.Policy applies to that one. It
// returns how many connections took the message; the error is [ErrChannelName], or
// protocol.ErrText for text that is not UTF-8.
func (s *Server) Publish(channel string, p Payload, except ...*Socket) (int, error) {
	if err := checkChannel(channel); err != nil {
		return 0, err
	}
	message, err := websocket.Prepare(p.opcode(), p.Data)
	if err != nil {
		return 0, err
	}
	list := s.hub.list(channel)
	defer recycleList(list)
	return spread(*list, func(part []*Socket) (taken int) {
		for _, socket := range part {
			if !slices.Contains(except, socket) && socket.sendPrepared(message, p) == nil {
				taken++
			}
		}
		return taken
	}), nil
}

// leastSpread is how many deliveries are worth a goroutine: each is a system call.
const leastSpread = 128

// spread sends to all in a list, on all processors if they are many, and returns what
// the parts add up to. It returns when all is sent: what is published next comes behind.
func spread(list []*Socket, send func(part []*Socket) int) int {
	parts := min(runtime.GOMAXPROCS(0), len(list)/leastSpread)
	if parts < 2 {
		return send(list)
	}
	var others sync.WaitGroup
	var taken atomic.Int64
	for part := range slices.Chunk(list[len(list)/parts:], (len(list)+parts-1)/parts) {
		others.Go(func() { taken.Add(int64(send(part))) })
	}
	own := send(list[:len(list)/parts])
	others.Wait()
	return own + int(taken.Load())
}

func (h *hub) subscribe(s *Socket, channel string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, connected := h.sockets[s.id]; !connected {
		return ErrClosed
	}
	if _, subscribed := s.channels[channel]; subscribed {
		return nil
	}
	if len(s.channels) >= s.server.opts.MaxChannels {
		return ErrChannels
	}
	if s.channels == nil {
		s.channels = map[string]struct{}{}
	}
	s.channels[channel] = struct{}{}
	if h.channels[channel] == nil {
		h.channels[channel] = map[*Socket]struct{}{}
	}
	h.channels[channel][s] = struct{}{}
	return nil
}

// leave ends one subscription. mu is held.
func (h *hub) leave(s *Socket, channel string) {
	delete(s.channels, channel)
	delete(h.channels[channel], s)
	if len(h.channels[channel]) == 0 {
		delete(h.channels, channel)
	}
}
