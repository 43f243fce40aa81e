package linger

import (
	"maps"
	"slices"
	"time"
)

// deliverLater calls the function of HandlePresence a little later, if there is a change for it. mu is held.
func (p *presence) deliverLater(c *presenceChannel) {
	switch {
	case p.handler.Load() == nil:
		clear(c.joined)
		clear(c.left)
	case len(c.joined)+len(c.left) > 0 && !p.delivering:
		p.delivering = true
		time.AfterFunc(presenceDelay, p.deliver)
	}
}

// deliver calls the function of HandlePresence until there is no change left.
func (p *presence) deliver() {
	for {
		events := p.takeEvents()
		if len(events) == 0 {
			return
		}
		for _, e := range events {
			if changed := p.handler.Load(); changed != nil {
				p.server.call("presence", nil, func() { (*changed)(e) })
			}
		}
	}
}

// takeEvents returns the changes that have not been delivered.
func (p *presence) takeEvents() (events []*Presence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(p.channels)) {
		c := p.channels[name]
		if len(c.joined)+len(c.left) == 0 {
			continue
		}
		e := &Presence{Server: p.server, Channel: name}
		for _, id := range slices.Sorted(maps.Keys(c.joined)) {
			e.Joined = append(e.Joined, c.joined[id].Member)
		}
		for _, id := range slices.Sorted(maps.Keys(c.left)) {
			e.Left = append(e.Left, c.left[id])
		}
		clear(c.joined)
		clear(c.left)
		events = append(events, e)
	}
	p.delivering = len(events) > 0
	return events
}

// publishHere sends a message to the subscribers of a channel in this process.
func (s *Server) publishHere(channel string, payload Payload) (int, error) {
	return s.fanOutPublication(publication{Payload: payload, channel: channel}, nil, nil)
}
