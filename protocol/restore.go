package protocol

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/lingerws/linger/internal/wire"
)

// ErrState is the error of a state with which a machine cannot be restored: it is
// malformed, or that of a machine with other modes.
var ErrState = errors.New("protocol: the state of the machine cannot be restored")

// Restore sets the state that [Machine.AppendState] has written. The machine must be as
// New or Reset has returned it, with the same Role, HalfOpen, HalfCloseNegotiated,
// DeferFailure and Pieces, and with a Compression exactly if the other machine had one, of
// the same parameters. The limits may differ, as with [Machine.SetLimits]. Nothing of the
// state is kept. The error matches [ErrState] or is that of Config.Compression; the machine
// must then not be used, but it can be reset.
func (m *Machine) Restore(state []byte) error {
	r := restorer{Reader: wire.NewReader(state), m: m}
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		r.field = field
		r.closing()
		r.receiver()
		r.sender()
	}
	if r.Err() != nil {
		return errors.Join(ErrState, r.Err())
	}
	r.check()
	switch {
	case r.fault != nil:
		return r.fault
	case m.cfg.Compression != nil:
		return m.cfg.Compression.Restore(r.compression)
	}
	return nil
}

// restorer reads the fields of a state into a machine.
type restorer struct {
	*wire.Reader
	m           *Machine
	field       int
	modes       uint64
	header      []byte // of the frame that is arriving
	compression []byte
	fault       error // the first fault
}

// stateError is an ErrState with its reason.
type stateError struct {
	field int
	rule  string
}

func (e *stateError) Error() string {
	return ErrState.Error() + ": field " + strconv.Itoa(e.field) + ": " + e.rule
}

func (e *stateError) Unwrap() error { return ErrState }

// expect records a fault in a field unless ok.
func (r *restorer) expect(ok bool, field int, rule string) {
	if !ok && r.fault == nil {
		r.fault = &stateError{field: field, rule: rule}
	}
}

// upTo returns the number in the current field, which must be at most limit.
func (r *restorer) upTo(limit uint64) uint64 {
	if r.Uint() <= limit {
		return r.Uint()
	}
	r.expect(false, r.field, "got "+strconv.FormatUint(r.Uint(), 10)+", expected at most "+strconv.FormatUint(limit, 10))
	return 0
}

// count returns the number in the current field. Its limit leaves room for additions.
func (r *restorer) count() int { return int(r.upTo(math.MaxInt / 4)) }

func (r *restorer) count64() int64 { return int64(r.upTo(math.MaxInt64 / 4)) }

// closing reads the state of closing.
func (r *restorer) closing() {
	m := r.m
	switch r.field {
	case fieldModes:
		r.modes = r.Uint()
	case fieldFlags:
		m.setFlags(r.Uint())
	case fieldIn:
		m.in = Half(r.upTo(uint64(Gone)))
	case fieldOut:
		m.out = Half(r.upTo(uint64(Gone)))
	case fieldPeerCode:
		m.peerClosed, m.peerStatus.Code = true, CloseCode(r.upTo(math.MaxUint16))
	case fieldPeerReason:
		m.peerStatus.Reason = r.String()
	case fieldOwnCode:
		m.closeDecided, m.ownStatus.Code = true, CloseCode(r.upTo(math.MaxUint16))
	case fieldOwnReason:
		m.ownStatus.Reason = r.String()
	case fieldFirst:
		m.first = Side(r.upTo(uint64(Remote)))
	case fieldFailure:
		if m.failure = violationOf(r.String()); m.failure == nil {
			r.expect(false, r.field, "the violation "+strconv.Quote(r.String())+" is unknown")
		}
	case fieldCause:
		m.cause = Cause(r.String())
	case fieldDiscarded:
		m.discarded = r.count64()
	}
}

func (m *Machine) setFlags(flags uint64) {
	m.closeSent = flags&flagCloseSent != 0
	m.failed = flags&flagFailed != 0
	m.failingDelivered = flags&flagFailingDelivered != 0
	m.aborted = flags&flagAborted != 0
	m.closedDelivered = flags&flagClosedDelivered != 0
	m.inputSeen = flags&flagInputSeen != 0
	m.compressed = flags&flagCompressed != 0
	m.sendingMessage = flags&flagSendingMessage != 0
	m.sendingText = flags&flagSendingText != 0
	m.sendingCompressed = flags&flagSendingCompressed != 0
}

// receiver reads the state of the input.
func (r *restorer) receiver() {
	m := r.m
	switch r.field {
	case fieldInput:
		m.input = bytes.Clone(r.Bytes())
	case fieldPartial:
		m.partialLen = copy(m.partial[:], r.Bytes())
		r.expect(m.partialLen == len(r.Bytes()) && isIncompleteHeader(r.Bytes()), r.field, "expected the beginning of a frame header")
	case fieldFrame:
		r.header = r.Bytes()
	case fieldPayloadLeft:
		m.payloadLeft = int64(r.upTo(math.MaxInt64))
	case fieldControl:
		m.control = bytes.Clone(r.Bytes())
	case fieldOpcode:
		m.receivingMessage, m.opcode = true, Opcode(r.upTo(uint64(Binary)))
	case fieldSize:
		m.size = r.count64()
	case fieldFragments:
		m.fragments = r.count()
	case fieldShortfall:
		m.shortfall = r.count64()
	case fieldBody:
		m.body = bytes.Clone(r.Bytes())
	case fieldCheck:
		m.check = r.utf8Check()
	}
}

// sender reads the state of the output.
func (r *restorer) sender() {
	m := r.m
	switch r.field {
	case fieldOutput:
		m.output = bytes.Clone(r.Bytes())
	case fieldTaken:
		m.taken = r.count()
	case fieldPongsAfterClose:
		m.pongsAfterClose = r.count()
	case fieldProgress:
		m.progress = int(max(math.MinInt/4, min(r.Int(), math.MaxInt/4)))
	case fieldPong:
		m.pong, m.pongPending = bytes.Clone(r.Bytes()), true
	case fieldSendCheck:
		m.sendCheck = r.utf8Check()
	case fieldCompression:
		r.compression = r.Bytes()
	}
}

func (r *restorer) utf8Check() utf8Check {
	v := r.Uint()
	r.expect(v>>16 <= 3, r.field, "at most 3 bytes of a character can be missing")
	return utf8Check{need: uint8(v >> 16), lo: byte(v >> 8), hi: byte(v)}
}

// check checks what the fields have in common, after all are read.
func (r *restorer) check() {
	m := r.m
	if want := m.cfg.modes(); r.modes != want {
		r.expect(false, fieldModes, "the modes are "+strconv.FormatUint(r.modes, 2)+", expected those of the machine, "+strconv.FormatUint(want, 2))
	}
	r.expect(!m.peerClosed || m.peerStatus.canBeSent(), fieldPeerCode, "the content of the peer's Close is invalid")
	r.expect(!m.closeDecided || m.ownStatus.canBeSent(), fieldOwnCode, "the content of our Close is invalid")
	r.expect(!m.closeSent || m.closeDecided, fieldFlags, "our Close was sent, but has no content")
	r.expect(len(m.pong) <= MaxControl, fieldPong, "a pong has at most 125 bytes")
	r.expect(!m.receivingMessage || m.opcode != Continuation, fieldOpcode, "a message is text or binary")
	r.expect(!m.compressed || m.cfg.Compression != nil, fieldFlags, "a message is compressed without compression")
	r.checkFrame()
}

// checkFrame checks the frame that is arriving.
func (r *restorer) checkFrame() {
	m := r.m
	if r.header == nil {
		r.expect(m.payloadLeft == 0 && len(m.control) == 0, fieldFrame, "a payload is arriving without a header")
		return
	}
	h, n, violation := ParseHeader(r.header)
	r.expect(violation == nil && n > 0 && n == len(r.header), fieldFrame, "expected a frame header")
	r.expect(h.RSV&^m.allowedRSV(h) == 0 && h.Masked == (m.cfg.Role == Server), fieldFrame, "the frame header is not one that the machine accepts")
	r.expect(h.Opcode != Continuation || m.receivingMessage, fieldFrame, "the frame continues no message")
	r.expect(m.partialLen == 0, fieldPartial, "a header and a payload cannot arrive at once")
	r.expect(m.payloadLeft <= h.Length, fieldPayloadLeft, "more bytes are missing than the frame has")
	if h.Opcode.IsControl() {
		r.expect(int64(len(m.control)) == h.Length-m.payloadLeft, fieldControl, "the payload does not have the length that has arrived")
	} else {
		r.expect(len(m.control) == 0, fieldControl, "the frame is not a control frame")
	}
	m.frame, m.inFrame = h, true
}

// isIncompleteHeader reports whether more bytes are needed to parse a frame header.
func isIncompleteHeader(b []byte) bool {
	_, n, violation := ParseHeader(b)
	return n == 0 && violation == nil
}

// canBeSent reports whether a Close frame can have this content.
func (s Status) canBeSent() bool {
	if s.Code == CloseNoStatus {
		return s.Reason == ""
	}
	return s.Code.ValidOnWire() && len(s.Reason) <= maxCloseReason && utf8.ValidString(s.Reason)
}

// violationOf returns the violation with an identifier, nil if there is none.
func violationOf(id string) *Violation {
	if i := slices.IndexFunc(violations, func(v *Violation) bool { return v.ID == id }); i >= 0 {
		return violations[i]
	}
	return nil
}
