package driver

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
)

// Op is a call of a method of a [Driver] as data, which can be sent to another process.
type Op struct {
	Kind     OpKind
	Opcode   protocol.Opcode    // of a message or fragment, if Prepared is nil
	Payload  []byte             // of a message, a fragment or a ping, if Prepared is nil
	Prepared *protocol.Prepared // the message, for OpSend
	Fin      bool               // of a fragment
	Limit    int                // for OpSend: the error is ErrQueueFull if that many bytes wait already
	Status   protocol.Status    // of a Close
	Timeout  time.Duration      // for OpSetCloseTimeout
}

// OpKind is the method that an [Op] calls. The numbers are stable.
type OpKind uint8

// The kinds of operations.
const (
	OpSend            OpKind = 1 + iota // Driver.SendWithin, Driver.SendPreparedWithin
	OpFragment                          // Driver.SendFragment
	OpPing                              // Driver.Ping
	OpClose                             // Driver.Close
	OpCloseDiscard                      // Driver.CloseDiscard
	OpCloseEmpty                        // Driver.CloseEmpty
	OpPassClose                         // Driver.PassClose
	OpAnswerClose                       // Driver.AnswerClose
	OpFail                              // Driver.Fail
	OpCloseNow                          // Driver.CloseNow
	OpSetCloseTimeout                   // Driver.SetCloseTimeout
)

// Apply calls the method. Its results are those of the method.
func (op Op) Apply(d *Driver) (queued int, err error) {
	switch {
	case op.Kind == OpSend && op.Prepared != nil:
		return d.SendPreparedWithin(op.Limit, op.Prepared)
	case op.Kind == OpSend:
		return d.SendWithin(op.Limit, op.Opcode, op.Payload)
	case op.Kind == OpFragment:
		return d.SendFragment(op.Opcode, op.Payload, op.Fin)
	}
	return d.do(op)
}

// do makes a call on a live connection, and diverts it otherwise.
func (d *Driver) do(op Op) (queued int, err error) {
	d.wake()
	defer d.rest()
	if !d.state.live() {
		return d.divert(op)
	}
	return d.apply(op)
}

// apply makes a call on a live connection, with its working part. mu is held.
func (d *Driver) apply(op Op) (queued int, err error) {
	switch op.Kind {
	case OpSend:
		return d.applySend(op)
	case OpFragment:
		d.prime(len(op.Payload))
		err = d.m.SendFragment(op.Opcode, op.Payload, op.Fin)
		return d.flushSent(), err
	case OpPing:
		err = d.m.Ping(op.Payload)
	case OpSetCloseTimeout:
		d.setCloseTimeout(op.Timeout)
	case OpCloseNow:
		if d.state.end == endPending {
			d.breakOff(CauseAbort, nil)
		}
	case OpClose, OpCloseDiscard, OpCloseEmpty, OpPassClose, OpAnswerClose, OpFail:
		err = d.applyClose(op)
	}
	d.settle()
	return d.m.Queued(), err
}

// applySend is apply for OpSend.
func (d *Driver) applySend(op Op) (queued int, err error) {
	if op.Prepared != nil {
		return d.sendPrepared(op.Limit, op.Prepared)
	}
	return d.send(op.Limit, op.Opcode, op.Payload)
}

// applyClose is apply for the calls that close our half.
func (d *Driver) applyClose(op Op) (err error) {
	switch op.Kind {
	case OpClose:
		err = d.m.Close(op.Status.Code, op.Status.Reason)
	case OpCloseDiscard:
		err = d.closeDiscard(op.Status)
	case OpCloseEmpty:
		d.m.CloseEmpty()
	case OpPassClose:
		err = d.m.PassClose(op.Status)
	case OpAnswerClose:
		d.m.AnswerClose()
	case OpFail:
		d.m.Fail()
	case OpSend, OpFragment, OpPing, OpCloseNow, OpSetCloseTimeout:
	}
	return err
}

// ErrOp is the error of [ParseOp].
var ErrOp = errors.New("driver: the operation cannot be read")

// The fields of an operation. docs/dev/handover.md has the same table.
const (
	fieldOpKind    = 1
	fieldOpOpcode  = 2
	fieldOpPayload = 3
	fieldOpFin     = 4
	fieldOpLimit   = 5
	fieldOpCode    = 6
	fieldOpReason  = 7
	fieldOpTimeout = 8 // nanoseconds
)

// Append appends the operation as a record of internal/wire, which [ParseOp] reads. A prepared message becomes a plain one.
func (op Op) Append(b []byte) []byte {
	opcode, payload := op.Opcode, op.Payload
	if op.Prepared != nil {
		h, n, _ := protocol.ParseHeader(op.Prepared.Frame())
		opcode, payload = h.Opcode, op.Prepared.Frame()[n:]
	}
	b = wire.AppendUint(b, fieldOpKind, uint64(op.Kind))
	b = wire.AppendUint(b, fieldOpOpcode, uint64(opcode))
	if len(payload) > 0 {
		b = wire.AppendBytes(b, fieldOpPayload, payload)
	}
	b = wire.AppendBool(b, fieldOpFin, op.Fin)
	if op.Limit != math.MaxInt {
		b = wire.AppendInt(b, fieldOpLimit, int64(op.Limit))
	}
	b = wire.AppendUint(b, fieldOpCode, uint64(op.Status.Code))
	if op.Status.Reason != "" {
		b = wire.AppendString(b, fieldOpReason, op.Status.Reason)
	}
	return wire.AppendInt(b, fieldOpTimeout, int64(op.Timeout))
}

// ParseOp reads an operation that [Op.Append] has written. Its payload is part of record. The error matches [ErrOp].
func ParseOp(record []byte) (Op, error) {
	op := Op{Limit: math.MaxInt}
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case fieldOpKind:
			op.Kind = OpKind(min(r.Uint(), math.MaxUint8))
		case fieldOpOpcode:
			op.Opcode = protocol.Opcode(min(r.Uint(), math.MaxUint8))
		case fieldOpPayload:
			op.Payload = r.Bytes()
		case fieldOpFin:
			op.Fin = r.Bool()
		case fieldOpLimit:
			op.Limit = int(r.Int())
		case fieldOpCode:
			op.Status.Code = protocol.CloseCode(min(r.Uint(), math.MaxUint16))
		case fieldOpReason:
			op.Status.Reason = r.String()
		case fieldOpTimeout:
			op.Timeout = time.Duration(r.Int())
		}
	}
	switch {
	case r.Err() != nil:
		return Op{}, errors.Join(ErrOp, r.Err())
	case op.Kind < OpSend || op.Kind > OpSetCloseTimeout:
		return Op{}, fmt.Errorf("%w: it has the unknown kind %d", ErrOp, op.Kind)
	}
	return op, nil
}

// divert passes a call on a connection that is not live to the function of Freeze or Adopt. mu is held.
func (d *Driver) divert(op Op) (queued int, err error) {
	m := d.moving()
	if err := m.check(op); err != nil {
		return m.queued, err
	}
	if op.Kind == OpSend && op.Limit != math.MaxInt {
		op.Limit -= m.queued
	}
	op.Payload = bytes.Clone(op.Payload)
	m.note(op)
	queued, err = m.divert(op)
	return queued + m.queued, err
}

// divertMessage is divert for a message that is not framed yet. mu is held.
func (d *Driver) divertMessage(limit int, opcode protocol.Opcode, payload []byte) (queued int, err error) {
	p, err := protocol.Prepare(opcode, payload)
	if err != nil {
		return d.moving().queued, err
	}
	return d.divert(Op{Kind: OpSend, Prepared: p, Limit: limit})
}

// divertAll is divert for messages without a limit. mu is held.
func (d *Driver) divertAll(messages []*protocol.Prepared) {
	for _, p := range messages {
		if _, err := d.divert(Op{Kind: OpSend, Prepared: p, Limit: math.MaxInt}); err != nil {
			return
		}
	}
}

// check returns the error of a call that can be refused at once.
func (m *moving) check(op Op) error {
	switch op.Kind {
	case OpSend:
		if !m.closing && m.queued >= op.Limit {
			return ErrQueueFull
		}
		return m.checkOpen(true)
	case OpFragment:
		return m.checkOpen(op.Opcode != protocol.Continuation)
	case OpPing:
		if len(op.Payload) > protocol.MaxControl {
			return protocol.ErrPing
		}
		return m.checkOpen(true)
	case OpClose, OpCloseDiscard:
		return protocol.CheckClose(op.Status.Code, op.Status.Reason)
	case OpPassClose:
		if op.Status.Code != protocol.CloseNoStatus {
			return protocol.CheckClose(op.Status.Code, op.Status.Reason)
		}
	case OpCloseEmpty, OpAnswerClose, OpFail, OpCloseNow, OpSetCloseTimeout:
	}
	return nil
}

// checkOpen returns the error of a call that needs an open half, unless begins is false.
func (m *moving) checkOpen(begins bool) error {
	if m.closing && begins {
		return protocol.ErrClosing
	}
	return nil
}

// note notes that a call closes our half.
func (m *moving) note(op Op) {
	switch op.Kind {
	case OpClose, OpCloseDiscard, OpCloseEmpty, OpPassClose, OpCloseNow:
		m.closing = true
		m.state = max(m.state, protocol.StateClosing)
	case OpSend, OpFragment, OpPing, OpAnswerClose, OpFail, OpSetCloseTimeout:
	}
}
