package linger

import (
	"time"

	"github.com/lingerws/linger/internal/wire"
)

// The fields of the state of traffic, and of a message in it.
const (
	trafficBegan         = 1 // in ns since 1970
	trafficReceived      = 2 // messages
	trafficReceivedBytes = 3
	trafficSent          = 4
	trafficSentBytes     = 5
	trafficLast          = 6 // in ns after trafficBegan
	trafficRecent        = 7
	recentAt             = 1 // in ns after trafficBegan
	recentSize           = 2
	recentSent           = 3
	recentBinary         = 4
)

// appendState appends what has been recorded.
func (t *traffic) appendState(b []byte) []byte {
	b = wire.AppendInt(b, trafficBegan, t.began.UnixNano())
	received, sent := t.received.load(), t.sent.load()
	b = wire.AppendInt(b, trafficReceived, received.Messages)
	b = wire.AppendInt(b, trafficReceivedBytes, received.Bytes)
	b = wire.AppendInt(b, trafficSent, sent.Messages)
	b = wire.AppendInt(b, trafficSentBytes, sent.Bytes)
	b = wire.AppendInt(b, trafficLast, t.last.Load())
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.recent.ordered() {
		r := wire.AppendInt(nil, recentAt, int64(m.at))
		r = wire.AppendUint(r, recentSize, uint64(m.size))
		r = wire.AppendBool(r, recentSent, m.sent)
		b = wire.AppendBytes(b, trafficRecent, wire.AppendBool(r, recentBinary, m.binary))
	}
	return b
}

// restore sets what another process has recorded. A nil traffic, in a process that records nothing, drops it.
func (t *traffic) restore(state []byte) error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := wire.NewReader(state)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case trafficBegan:
			now := time.Now()
			t.began = now.Add(time.Unix(0, r.Int()).Sub(now)) // with a monotonic clock reading
		case trafficReceived:
			t.received.messages.Store(r.Int())
		case trafficReceivedBytes:
			t.received.bytes.Store(r.Int())
		case trafficSent:
			t.sent.messages.Store(r.Int())
		case trafficSentBytes:
			t.sent.bytes.Store(r.Int())
		case trafficLast:
			t.last.Store(r.Int())
		case trafficRecent:
			if err := t.restoreRecent(r.Bytes()); err != nil {
				return err
			}
		}
	}
	return r.Err()
}

// restoreRecent adds one of the last messages. mu is held.
func (t *traffic) restoreRecent(record []byte) error {
	if !t.detail {
		return nil
	}
	var m recentMessage
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case recentAt:
			m.at = time.Duration(r.Int())
		case recentSize:
			m.size = uint32(r.Uint() & (1<<32 - 1)) //nolint:gosec // masked
		case recentSent:
			m.sent = r.Bool()
		case recentBinary:
			m.binary = r.Bool()
		}
	}
	if t.recent == nil {
		t.recent = &recentMessages{}
	}
	t.recent.add(m)
	return r.Err()
}
