package linger

import (
	"slices"

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
	taken := 0
	for _, socket := range *list {
		if !slices.Contains(except, socket) && socket.sendPrepared(message, p) == nil {
			taken++
		}
	}
	recycleList(list)
	return taken, nil
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
