package linger

import (
	"fmt"
	"time"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// The fields of the state of a connection, and of the event in it. docs/dev/handover.md describes them. A number is never used
// again for another meaning.
const (
	stateRequest    = 1
	stateHalfOpen   = 2
	statePeerClosed = 3
	stateClosing    = 4
	stateDecision   = 5
	stateData       = 6
	stateChannel    = 7
	stateAge        = 8
	stateIdle       = 9
	stateEvent      = 10
	stateTraffic    = 11
	stateHandler    = 12
	stateDriver     = 13
	statePresence   = 14

	presenceInChannel = 1
	presenceData      = 2 // missing for none

	eventKind    = 1
	eventPayload = 2
	eventCode    = 3
	eventReason  = 4
	eventWaited  = 5
)

// The kinds of events in the state. Those of serverEvent follow from kindServer on.
const (
	kindText      = 1
	kindBinary    = 2
	kindDrain     = 3
	kindPeerClose = 4
	kindServer    = 10
)

// appendFixed appends what does not change any more, and is announced.
func (s *Socket) appendFixed(b []byte) []byte {
	b = wire.AppendString(b, stateRequest, s.request.text())
	return wire.AppendBool(b, stateHalfOpen, s.halfOpen)
}

// appendState appends the state of a frozen connection. exported is what its handler has added, nil for nothing.
func (s *Socket) appendState(b []byte, exported []byte) []byte {
	h := &s.server.hub
	h.mu.RLock()
	for channel := range s.channels {
		b = wire.AppendString(b, stateChannel, channel)
		if member, is := h.presence.own[channel][s]; is {
			b = wire.AppendRecord(b, statePresence, func(b []byte) []byte { return appendMembership(b, channel, member) })
		}
	}
	h.mu.RUnlock()
	if d := s.data.Load(); d != nil {
		b = wire.AppendBytes(b, stateData, d.bytes())
	}
	if exported != nil {
		b = wire.AppendBytes(b, stateHandler, exported)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b = wire.AppendBool(b, statePeerClosed, s.isFlagged(flagPeerClosed))
	b = wire.AppendBool(b, stateClosing, s.closing.Load())
	b = wire.AppendUint(b, stateDecision, uint64(s.decision))
	age := s.server.age()
	b = wire.AppendInt(b, stateAge, int64(age-s.opened))
	b = wire.AppendInt(b, stateIdle, int64(age)-s.lastActivity.Load())
	if s.queue != nil {
		for i := range s.queue.events.Len() {
			b = s.appendEvent(b, s.queue.events.At(i))
		}
	}
	if s.traffic != nil {
		b = wire.AppendBytes(b, stateTraffic, s.traffic.appendState(nil))
	}
	var room [128]byte // enough for most
	return wire.AppendBytes(b, stateDriver, s.conn.Load().AppendState(room[:0]))
}

// appendMembership appends that the connection is a member of a channel.
func appendMembership(b []byte, channel string, member *data) []byte {
	b = wire.AppendString(b, presenceInChannel, channel)
	if member != nil {
		b = wire.AppendBytes(b, presenceData, member.bytes())
	}
	return b
}

// parseMembership returns the channel of which the connection is a member, and the value of the member.
func parseMembership(record []byte) (channel string, member *data) {
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case presenceInChannel:
			channel = r.String()
		case presenceData:
			member = &data{saved: append([]byte{}, r.Bytes()...)}
		}
	}
	return channel, member
}

// appendEvent appends an event of the queue. The close event is never among them.
func (s *Socket) appendEvent(b []byte, event queuedEvent) []byte {
	var r []byte
	var arrived time.Duration
	switch e := event.(type) {
	case *Message:
		kind := uint64(kindText)
		if e.Binary {
			kind = kindBinary
		}
		r, arrived = wire.AppendBytes(wire.AppendUint(r, eventKind, kind), eventPayload, e.Data), e.arrived
	case *Drain:
		r, arrived = wire.AppendUint(r, eventKind, kindDrain), e.arrived
	case *PeerClose:
		r, arrived = appendStatus(wire.AppendUint(r, eventKind, kindPeerClose), e.Status), e.arrived
	case *serverEventOf:
		r = appendStatus(wire.AppendUint(r, eventKind, kindServer+uint64(e.do)), e.status)
	}
	if arrived > 0 {
		r = wire.AppendInt(r, eventWaited, int64(s.server.age()-arrived))
	}
	return wire.AppendBytes(b, stateEvent, r)
}

func appendStatus(b []byte, status protocol.Status) []byte {
	b = wire.AppendUint(b, eventCode, uint64(status.Code))
	return wire.AppendString(b, eventReason, status.Reason)
}

// arrival is the state of a connection as it has come from the old process.
type arrival struct {
	socket   *Socket
	channels []string
	members  map[string]*data // the values of the channels of which the connection is a member
	exported []byte           // of the handler; nil if there was none
	driver   []byte
	failed   bool // the application cannot take it over
}

// setState sets what the state of a connection contains. A field that is unknown, because a newer binary has written it, is skipped.
func (a *arrival) setState(state []byte) error {
	s := a.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.server.age()
	s.opened = age
	s.lastActivity.Store(int64(age))
	r := wire.NewReader(state)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case stateChannel:
			a.channels = append(a.channels, r.String())
		case statePresence:
			if a.members == nil {
				a.members = map[string]*data{}
			}
			channel, member := parseMembership(r.Bytes())
			a.members[channel] = member
		case stateAge:
			s.opened = age - time.Duration(r.Int())
		case stateIdle:
			s.lastActivity.Store(int64(age) - r.Int())
		case stateEvent:
			if err := s.restoreEvent(r.Bytes()); err != nil {
				return err
			}
		case stateTraffic:
			if err := s.traffic.restore(r.Bytes()); err != nil {
				return err
			}
		case stateHandler:
			a.exported = r.Bytes()
		case stateDriver:
			a.driver = r.Bytes()
		default:
			if err := s.setField(field, r); err != nil {
				return err
			}
		}
	}
	return r.Err()
}

// setField sets what a field of the state contains that is a part of the socket itself. mu is held.
func (s *Socket) setField(field int, r *wire.Reader) error {
	switch field {
	case stateRequest:
		s.request = parseSnapshot(r.String())
	case stateHalfOpen:
		s.halfOpen = r.Bool()
	case statePeerClosed:
		if r.Bool() {
			s.flags.Or(flagPeerClosed)
		}
	case stateClosing:
		s.closing.Store(r.Bool())
	case stateDecision:
		if r.Uint() >= uint64(len(decisions)) {
			return fmt.Errorf("linger: the state of connection %s has the decision %d, which this binary does not know", s.id, r.Uint())
		}
		s.decision = decision(r.Uint()) //nolint:gosec // is small
	case stateData:
		s.data.Store(&data{saved: append([]byte{}, r.Bytes()...)})
	}
	return nil
}

// restoreEvent adds an event to the queue, which is held. mu is held.
func (s *Socket) restoreEvent(record []byte) error {
	var kind uint64
	var payload []byte
	var status protocol.Status
	arrived := s.server.traceTime()
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case eventKind:
			kind = r.Uint()
		case eventPayload:
			payload = r.Bytes()
		case eventCode:
			status.Code = protocol.CloseCode(r.Uint() & (1<<16 - 1)) //nolint:gosec // masked
		case eventReason:
			status.Reason = r.String()
		case eventWaited:
			arrived -= time.Duration(r.Int())
		}
	}
	if r.Err() != nil {
		return r.Err()
	}
	event, err := s.restoredEvent(kind, append([]byte{}, payload...), status, arrived)
	if err != nil {
		return err
	}
	if s.openQueue() {
		s.queue.held = true
	}
	if kind == kindDrain {
		s.queue.drain = true
	}
	s.queue.events.Push(event, len(payload))
	s.account(len(payload))
	return nil
}

// restoredEvent returns an event of a kind that the state may contain.
func (s *Socket) restoredEvent(kind uint64, payload []byte, status protocol.Status, arrived time.Duration) (queuedEvent, error) {
	switch kind {
	case kindText, kindBinary:
		return &Message{Server: s.server, Socket: s, Payload: Payload{Data: payload, Binary: kind == kindBinary}, arrived: arrived}, nil
	case kindDrain:
		return &Drain{Server: s.server, Socket: s, arrived: arrived}, nil
	case kindPeerClose:
		return &PeerClose{Server: s.server, Socket: s, Status: status, arrived: arrived}, nil
	}
	switch action := serverAction(kind - kindServer); action { //nolint:gosec // another number is an error
	case answerAfterEvents, failAfterEvents, shutdownAfterEvents, drainAfterEvents:
		return &serverEventOf{s, serverEvent{do: action, status: status}}, nil
	}
	return nil, fmt.Errorf("linger: the state of connection %s has an event of kind %d, which this binary does not know", s.id, kind)
}

// start makes an arriving connection one of this process. held returns what has been done to it before.
func (s *Socket) start(held func() []driver.Op) {
	if in := s.server.trace.MovedIn; in != nil {
		in(s)
	}
	conn := s.conn.Load()
	s.mu.Lock()
	start := s.releaseQueue()
	if s.queue != nil {
		s.pauseIfFull(conn)
	}
	if s.queue == nil || !s.queue.events.Paused() {
		conn.Resume() // the bound of the old process may have been lower
	}
	s.armLifetime()
	s.mu.Unlock()
	conn.StartWith((*driverEvents)(s), held)
	if start {
		go s.handleEvents()
	}
}
