package linger

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/websocket"
)

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
