package linger

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

// Snapshot describes a server at one moment: [Server.Snapshot].
type Snapshot struct {
	Upgrading int // upgrade requests whose handshake is in progress

	// The connections that are listed, by their state: accepted and without the 101 yet, open, closing, and ended with a close event
	// that has not been handled.
	Opening, Open, Closing, Closed int

	SendQueueBytes   int64         // bytes of frames that wait to be written, of all connections
	LargestSendQueue int64         // bytes in the send queue of one connection
	InProgress       int           // connections of which an event is in progress or waits for the handler
	Waiting          int           // events that wait for the handler
	LongestWait      time.Duration // of the event that has waited for longest; 0 without Trace.Handled
	Channels         int           // channels that have a subscriber
	Subscriptions    int
	PresenceMembers  int   // memberships of this server's connections in the presence of channels
	Memory           int64 // bytes that count against Options.MaxMemory
	MaxMemory        int64 // Options.MaxMemory; 0 without that bound
}

// Connections returns the number of connections in all states.
func (s *Snapshot) Connections() int { return s.Opening + s.Open + s.Closing + s.Closed }

// Snapshot describes the server. It looks at each connection, which takes about 20 ms for 100,000 of them and delays none for longer
// than any other call of a method of its socket does. What changes in that time may be counted in two states, or in none.
func (s *Server) Snapshot() Snapshot {
	var now Snapshot
	for socket := range s.Sockets("") {
		socket.addTo(&now)
	}
	s.mu.Lock()
	now.Upgrading = s.upgrading
	s.mu.Unlock()
	s.hub.mu.RLock()
	now.Channels, now.Subscriptions = len(s.hub.channels), s.hub.subs
	now.PresenceMembers = s.presence.count
	s.hub.mu.RUnlock()
	now.Memory = s.memory.budget.Used()
	if bound := s.options().MaxMemory; bound > 0 {
		now.MaxMemory = bound
	}
	return now
}

// addTo adds the connection to a snapshot.
func (s *Socket) addTo(now *Snapshot) {
	s.mu.Lock()
	ended := s.ended
	if s.queue != nil {
		now.InProgress++
		now.Waiting += s.queue.events.Len()
		now.LongestWait = max(now.LongestWait, s.longestWait())
	}
	s.mu.Unlock()
	conn := s.conn.Load()
	switch {
	case ended:
		now.Closed++
		return
	case conn == nil:
		now.Opening++
		return
	}
	state, queued := conn.Status()
	switch state {
	case protocol.StateOpen:
		now.Open++
	case protocol.StateClosing:
		now.Closing++
	case protocol.StateClosed:
		now.Closed++
	}
	now.SendQueueBytes += int64(queued)
	now.LargestSendQueue = max(now.LargestSendQueue, int64(queued))
}

// longestWait returns how long the first event in the queue has waited; 0 if there is none, or if that is not known. mu is held.
func (s *Socket) longestWait() time.Duration {
	if s.server.trace.Handled == nil || s.queue.events.Len() == 0 {
		return 0
	}
	var arrived time.Duration
	switch e := s.queue.events.At(0).(type) {
	case *Message:
		arrived = e.arrived
	case *PeerClose:
		arrived = e.arrived
	case *Drain:
		arrived = e.arrived
	case *Close:
		arrived = e.arrived
	default: // something that the server does
		return 0
	}
	return s.server.age() - arrived
}
