package linger

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/protocol"
)

// Stats is what a server records about one connection: [Socket.Stats].
type Stats struct {
	Opened       time.Time     // when the connection was accepted
	LastActivity time.Time     // when a message last came or went; Opened if none has
	RoundTrip    time.Duration // of the last keep-alive ping; 0 before the first
	Received     Traffic
	Sent         Traffic
	Buffered     int             // bytes of frames that wait to be written
	Queued       int             // events that wait for the handler
	Channels     []string        // subscriptions, sorted
	Recent       []RecentMessage // the last messages in both directions, at most 16, oldest first
}

// Traffic counts messages, and the bytes of their payloads without compression.
type Traffic struct {
	Messages int64
	Bytes    int64
}

// RecentMessage describes a message without its payload.
type RecentMessage struct {
	Time   time.Time
	Sent   bool // sent by the server
	Binary bool
	Size   int // bytes
}

// maxRecent is the length of Stats.Recent.
const maxRecent = 16

// Stats returns what the server has recorded about the connection. The times, except RoundTrip, the traffic and Recent need
// [Options.Stats].
func (s *Socket) Stats() Stats {
	stats := Stats{Buffered: s.Buffered(), Queued: s.queuedMessages(), Channels: s.Channels()}
	if conn := s.conn.Load(); conn != nil {
		stats.RoundTrip = conn.RoundTrip()
	}
	s.traffic.report(&stats)
	return stats
}

// Channels returns the channels to which the connection is subscribed, sorted.
func (s *Socket) Channels() []string {
	h := &s.server.hub
	h.mu.RLock()
	defer h.mu.RUnlock()
	channels := make([]string, 0, len(s.channels))
	for channel := range s.channels {
		channels = append(channels, channel)
	}
	slices.Sort(channels)
	return channels
}

// traffic records the messages of a connection, for Options.Stats and Options.AccessLog. Payload bytes are counted without
// compression. A nil traffic records nothing.
type traffic struct {
	began          time.Time
	received, sent counter
	last           atomic.Int64 // when a message last came or went, in ns after began

	mu     sync.Mutex
	recent *recentMessages // nil before the first message, and without Options.Stats
	detail bool            // Options.Stats
}

// counter counts messages and bytes.
type counter struct{ messages, bytes atomic.Int64 }

func (c *counter) load() Traffic {
	return Traffic{Messages: c.messages.Load(), Bytes: c.bytes.Load()}
}

// recentMessages is a ring of the last messages.
type recentMessages struct {
	ring [maxRecent]recentMessage
	next uint8 // where the next message is stored
	full bool
}

// recentMessage is a RecentMessage in 16 bytes, because most connections have a ring of them.
type recentMessage struct {
	at           time.Duration // after traffic.began
	size         uint32        // 4 GiB - 1 for more
	sent, binary bool
}

// newTraffic returns nil if nothing needs it.
func newTraffic(o *Options) *traffic {
	if o.AccessLog == nil && !o.Stats {
		return nil
	}
	return &traffic{began: time.Now(), detail: o.Stats}
}

// now returns the time after began for record, if Options.Stats needs it. A nil traffic needs none.
func (t *traffic) now() time.Duration {
	if t == nil || !t.detail {
		return 0
	}
	return time.Since(t.began)
}

// record counts a message.
func (t *traffic) record(now time.Duration, c *counter, sent, binary bool, size int) {
	c.messages.Add(1)
	c.bytes.Add(int64(size))
	if !t.detail {
		return
	}
	t.last.Store(int64(now))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.recent == nil {
		t.recent = &recentMessages{}
	}
	t.recent.add(recentMessage{at: now, size: uint32(min(int64(size), math.MaxUint32)), sent: sent, binary: binary}) //nolint:gosec // is in range
}

func (r *recentMessages) add(m recentMessage) {
	r.ring[r.next] = m
	r.next = (r.next + 1) % maxRecent
	r.full = r.full || r.next == 0
}

// ordered returns the messages, oldest first.
func (r *recentMessages) ordered() []recentMessage {
	switch {
	case r == nil:
		return nil
	case r.full:
		return slices.Concat(r.ring[r.next:], r.ring[:r.next])
	}
	return slices.Clone(r.ring[:r.next])
}

// list returns the messages, oldest first. began is that of the traffic.
func (r *recentMessages) list(began time.Time) []RecentMessage {
	if r == nil {
		return nil
	}
	ring := r.ordered()
	list := make([]RecentMessage, 0, len(ring))
	for _, m := range ring {
		list = append(list, RecentMessage{Time: began.Add(m.at), Sent: m.sent, Binary: m.binary, Size: int(m.size)})
	}
	return list
}

// report fills in what was recorded.
func (t *traffic) report(stats *Stats) {
	if t == nil {
		return
	}
	stats.Opened, stats.LastActivity = t.began, t.began.Add(time.Duration(t.last.Load()))
	stats.Received, stats.Sent = t.received.load(), t.sent.load()
	t.mu.Lock()
	defer t.mu.Unlock()
	stats.Recent = t.recent.list(t.began)
}

// recordReceived records the messages that one read has brought.
func (s *Socket) recordReceived(events []protocol.Event) {
	traced := s.server.trace.Received
	if s.traffic == nil && traced == nil {
		return
	}
	now := s.traffic.now()
	for _, ev := range events {
		if ev.Kind != protocol.EventMessage {
			continue
		}
		binary := ev.Opcode == protocol.Binary
		if s.traffic != nil {
			s.traffic.record(now, &s.traffic.received, false, binary, len(ev.Payload))
		}
		if traced != nil {
			traced(s, Payload{Data: ev.Payload, Binary: binary})
		}
	}
}

// recordSent records a message that was queued for sending.
func (s *Socket) recordSent(p Payload) {
	if s.traffic != nil {
		s.traffic.record(s.traffic.now(), &s.traffic.sent, true, p.Binary, len(p.Data))
	}
	if traced := s.server.trace.Sent; traced != nil {
		traced(s, p)
	}
}
