package linger

import (
	"errors"
	"slices"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// The kinds of operations that two servers forward to each other during a hand-over: handover.Op.Kind. A number is never used again
// for another meaning.
const (
	opDriver      = 1 // a call of the driver: the body is that of driver.Op
	opDecide      = 2 // why the server closes the connection, before the call that does it: the number of the decision
	opSubscribe   = 3
	opUnsubscribe = 4
	opSetData     = 5 // the body is the data; without one there is none
	opPublish     = 6
	opLeave       = 7 // the new process is about to hand over itself: the old one closes what cannot move

	opJoin         = 8 // the body is the value of the member; without one there is none
	opLeaveChannel = 9

	opFeedTake  = 10 // the new process is ready to take the channels of the cluster
	opFeedGiven = 11 // the old process has given them up
	opChannel   = 12 // whether a channel has a subscriber in the old process
)

// The fields of the bodies of operations.
const (
	bodyDecision = 1 // of opDecide
	bodyData     = 1 // of opSetData and opJoin

	bodyPayload     = 1 // of opPublish
	bodyBinary      = 2
	bodyRound       = 3
	bodyRelay       = 4
	bodyIncarnation = 5
	bodySequence    = 6

	bodySubscribed = 1 // of opChannel
)

// heldOp is what has been done to a connection while it could not be done: a call of the driver, or a change that is not one.
type heldOp struct {
	call   driver.Op
	change handover.Op
}

// isCall reports whether it is a call of the driver.
func (o heldOp) isCall() bool { return o.call.Kind != 0 }

// forwarded returns the operation for the other process.
func (o heldOp) forwarded(s *Socket) handover.Op {
	if o.isCall() {
		return handover.Op{ID: s.id, Kind: opDriver, Body: o.call.Append(nil)}
	}
	return o.change
}

// heldOps are the operations on the connections that are between two processes, in order for each of them. Its user has a lock.
type heldOps struct {
	ops   map[*Socket][]heldOp
	bytes int
}

// maxHeld bounds the bytes of messages that are kept for connections between two processes. A message beyond it meets a full send queue.
const maxHeld = 64 << 20

// opOverhead is what an operation counts besides its payload.
const opOverhead = 64

// call keeps a call of the driver. The error is [driver.ErrQueueFull].
func (h *heldOps) call(s *Socket, op driver.Op) error {
	size := len(op.Payload) + opOverhead
	if op.Prepared != nil {
		size += op.Prepared.Len()
	}
	if op.Kind == driver.OpSend && h.bytes+size > maxHeld {
		return driver.ErrQueueFull
	}
	h.add(s, heldOp{call: op})
	h.bytes += size
	return nil
}

// change keeps a change that is not a call of the driver.
func (h *heldOps) change(s *Socket, op handover.Op) {
	h.add(s, heldOp{change: op})
}

func (h *heldOps) add(s *Socket, op heldOp) {
	if h.ops == nil {
		h.ops = map[*Socket][]heldOp{}
	}
	h.ops[s] = append(h.ops[s], op)
}

// takeAll removes all operations and returns them.
func (h *heldOps) takeAll() map[*Socket][]heldOp {
	ops := h.ops
	h.ops, h.bytes = nil, 0
	return ops
}

// take removes the operations on a connection and returns them.
func (h *heldOps) take(s *Socket) []heldOp {
	ops := h.ops[s]
	delete(h.ops, s)
	if len(h.ops) == 0 {
		h.bytes = 0
	}
	return ops
}

// takeCalls is take without the changes.
func (h *heldOps) takeCalls(s *Socket) (calls []driver.Op) {
	for _, op := range h.take(s) {
		if op.isCall() {
			calls = append(calls, op.call)
		}
	}
	return calls
}

// applyForwarded does what the other process has forwarded, unless it is a publication. held, if it is not nil, gets the calls of
// the driver instead of the connection. What cannot be read is an error of a newer binary, and is logged.
func (s *Socket) applyForwarded(op handover.Op, held func(driver.Op)) {
	if err := s.applyOp(op, held); err != nil {
		s.server.options().Logger.Error("what the other process has done to a connection could not be done here", "connection", s.id, "error", err)
	}
}

func (s *Socket) applyOp(op handover.Op, held func(driver.Op)) error {
	switch op.Kind {
	case opDriver:
		call, err := driver.ParseOp(op.Body)
		if err != nil {
			return err
		}
		s.applyCall(call, held)
	case opDecide:
		if d := uintField(op.Body, bodyDecision); d < uint64(len(decisions)) {
			s.decide(decision(d)) //nolint:gosec // is small
		}
	case opSubscribe:
		if err := s.Subscribe(op.Channel); err != nil && !errors.Is(err, ErrClosed) {
			return err
		}
	case opUnsubscribe:
		s.Unsubscribe(op.Channel)
	case opJoin:
		if err := s.join(op.Channel, dataField(op.Body)); err != nil && !errors.Is(err, ErrClosed) {
			return err
		}
	case opLeaveChannel:
		s.Leave(op.Channel)
	case opSetData:
		s.data.Store(dataField(op.Body))
		s.forward(op)
	}
	return nil
}

// applyCall makes a call of the driver that the other process has forwarded.
func (s *Socket) applyCall(op driver.Op, held func(driver.Op)) {
	if op.Kind == driver.OpSend {
		s.recordActivity()
		if s.traffic != nil {
			s.traffic.record(s.traffic.now(), &s.traffic.sent, true, op.Opcode == protocol.Binary, len(op.Payload))
		}
	} else {
		s.closing.Store(true)
		s.wakeSenders()
	}
	if held != nil {
		held(op)
		return
	}
	if _, err := op.Apply(s.conn.Load()); errors.Is(err, driver.ErrQueueFull) {
		_ = s.applyPolicy(s.conn.Load(), s.publishPolicy())
	}
}

// uintField returns a number in a record, 0 if it is missing.
func uintField(record []byte, number int) uint64 {
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		if field == number {
			return r.Uint()
		}
	}
	return 0
}

// dataField returns the data in the body of opSetData or opJoin, nil for none.
func dataField(body []byte) *data {
	r := wire.NewReader(body)
	if field, ok := r.Next(); ok && field == bodyData {
		return &data{saved: r.Bytes()}
	}
	return nil
}

// setDataOp returns the operation that sets the data of a connection.
func setDataOp(d *data) handover.Op {
	op := handover.Op{Kind: opSetData}
	if d != nil {
		op.Body = wire.AppendBytes(nil, bodyData, d.bytes())
	}
	return op
}

// publication is a message on a channel that another process has published.
type publication struct {
	Payload
	channel string
	except  []string // ids
	round   uint64   // the rounds that the old process had completed: connections that have come later get it from there

	relay bool // the process that gets it from the other one sends it to the other nodes

	publicationID // of one that has come from another node; the zero value for others
}

// excepted returns a function that reports whether a connection does not get the publication. It takes as long for many exceptions as for few.
func (p *publication) excepted() func(id string) bool {
	if len(p.except) <= 8 {
		return func(id string) bool { return slices.Contains(p.except, id) }
	}
	ids := make(map[string]struct{}, len(p.except))
	for _, id := range p.except {
		ids[id] = struct{}{}
	}
	return func(id string) bool {
		_, is := ids[id]
		return is
	}
}

// publishOp returns the operation that publishes a message in the other process too.
func publishOp(p publication) handover.Op {
	op := handover.Op{Kind: opPublish, Channel: p.channel, Except: p.except}
	op.Body = wire.AppendBytes(nil, bodyPayload, p.Data)
	op.Body = wire.AppendBool(op.Body, bodyBinary, p.Binary)
	op.Body = wire.AppendUint(op.Body, bodyRound, p.round)
	op.Body = wire.AppendBool(op.Body, bodyRelay, p.relay)
	op.Body = wire.AppendUint(op.Body, bodyIncarnation, p.incarnation)
	op.Body = wire.AppendUint(op.Body, bodySequence, p.sequence)
	return op
}

func parsePublication(op handover.Op) publication {
	p := publication{channel: op.Channel, except: op.Except}
	r := wire.NewReader(op.Body)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case bodyPayload:
			p.Data = r.Bytes()
		case bodyBinary:
			p.Binary = r.Bool()
		case bodyRound:
			p.round = r.Uint()
		case bodyRelay:
			p.relay = r.Bool()
		case bodyIncarnation:
			p.incarnation = r.Uint()
		case bodySequence:
			p.sequence = r.Uint()
		}
	}
	return p
}

// publishForwarded delivers a publication of the other process of a hand-over to the subscribers here. later, if it is not
// nil, reports whether the publication has reached a connection in the other process before it moved here.
func (s *Server) publishForwarded(p publication, later func(*Socket) bool) {
	_, _ = s.fanOutPublication(p, later, func() bool { // has been checked by the other process
		if p.relay && s.hub.feed != nil {
			s.hub.feed.route(p)
		}
		return true
	})
}

// fanOutPublication delivers a publication that was made elsewhere to the subscribers here, except those that later reports. here, if it is not
// nil, is called while the lock of the hub is held, and reports whether the publication is to be delivered. It returns how many connections took the message; the
// error is that of driver.Prepare.
func (s *Server) fanOutPublication(p publication, later func(*Socket) bool, here func() bool) (receivers int, err error) {
	frame, err := driver.Prepare(p.opcode(), p.Data)
	if err != nil {
		return 0, err
	}
	elsewhere := false
	list := s.hub.list(p.channel, func() { elsewhere = here != nil && !here() })
	defer recycleList(list)
	if elsewhere {
		return 0, nil
	}
	excepted := p.excepted()
	receivers = fanOut(*list, func(part []*Socket) (sent int) {
		for _, socket := range part {
			if (later == nil || !later(socket)) && !excepted(socket.id) && socket.sendPrepared(frame, p.Payload) == nil {
				sent++
			}
		}
		return sent
	})
	if p.sequence != 0 && s.trace.Relayed != nil {
		s.trace.Relayed(p.channel, p.Payload, receivers)
	}
	return receivers, nil
}
