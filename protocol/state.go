package protocol

import "github.com/lingerws/linger/internal/wire"

// This file writes the state of a machine as a record of numbered fields, with which
// another process restores it: see restore.go. docs/dev/handover.md describes the fields.

// The fields of the state. A field is omitted while its value is 0, empty or absent.
// Numbers are never used again for another meaning.
const (
	fieldModes           = 1  // the modes with which the machine was made
	fieldFlags           = 2  // the facts that are true or false
	fieldIn              = 3  // the peer's half
	fieldOut             = 4  // our half
	fieldPeerCode        = 5  // the code of the peer's Close, if that has arrived
	fieldPeerReason      = 6  // its reason
	fieldOwnCode         = 7  // the code of our Close, if it is decided
	fieldOwnReason       = 8  // its reason
	fieldFirst           = 9  // the end that closed first
	fieldFailure         = 10 // the identifier of the violation
	fieldCause           = 11 // why the connection ended
	fieldDiscarded       = 12 // discarded bytes
	fieldInput           = 13 // input that is not parsed
	fieldPartial         = 14 // the beginning of an incomplete header
	fieldFrame           = 15 // the header of the frame that is arriving
	fieldPayloadLeft     = 16 // the bytes of its payload that have not arrived
	fieldControl         = 17 // the beginning of the payload of a control frame
	fieldOpcode          = 18 // the opcode of the message that is arriving
	fieldSize            = 19 // the length of its complete frames
	fieldFragments       = 20 // their number
	fieldShortfall       = 21 // the bytes by which they are shorter than fragmentCost
	fieldBody            = 22 // the payload so far
	fieldCheck           = 23 // the check of its text
	fieldOutput          = 24 // frames that the driver has not taken
	fieldTaken           = 25 // the number of bytes that the driver has taken and not written
	fieldPongsAfterClose = 26 // the bytes of pongs queued after our Close
	fieldProgress        = 27 // the bytes written since the close timer was last armed
	fieldPong            = 28 // the payload of the pending pong
	fieldSendCheck       = 29 // the check of the text of the message that is being sent
	fieldCompression     = 30 // the state of Config.Compression
)

// The bits of fieldModes.
const (
	modeClient = 1 << iota
	modeHalfOpen
	modeHalfClose
	modeDeferFailure
	modePieces
	modeCompression
)

// The bits of fieldFlags.
const (
	flagCloseSent = 1 << iota
	flagFailed
	flagFailingDelivered
	flagAborted
	flagClosedDelivered
	flagInputSeen
	flagCompressed
	flagSendingMessage
	flagSendingText
	flagSendingCompressed
)

// AppendState appends the state of the machine to b and returns the extended slice: what
// has been received and not delivered, what is queued, how far closing has come, and the
// windows of compression. [Machine.Restore] sets it on another machine. The bytes that the
// driver has taken and not written are only counted; the driver passes them on itself.
// AppendState does not change the machine. An idle machine has a state of at most two bytes
// more than its modes.
func (m *Machine) AppendState(b []byte) []byte {
	b = wire.AppendUint(b, fieldModes, m.cfg.modes())
	b = wire.AppendUint(b, fieldFlags, m.flags())
	b = m.appendClosing(b)
	b = m.receiver.appendState(b)
	b = m.sender.appendState(b)
	if m.cfg.Compression != nil {
		b = wire.AppendRecord(b, fieldCompression, m.cfg.Compression.AppendState)
	}
	return b
}

// modes returns the configuration on which the meaning of the state depends.
func (c *Config) modes() uint64 {
	return bit(c.Role == Client, modeClient) |
		bit(c.HalfOpen, modeHalfOpen) |
		bit(c.HalfCloseNegotiated, modeHalfClose) |
		bit(c.DeferFailure, modeDeferFailure) |
		bit(c.Pieces, modePieces) |
		bit(c.Compression != nil, modeCompression)
}

func (m *Machine) flags() uint64 {
	return bit(m.closeSent, flagCloseSent) |
		bit(m.failed, flagFailed) |
		bit(m.failingDelivered, flagFailingDelivered) |
		bit(m.aborted, flagAborted) |
		bit(m.closedDelivered, flagClosedDelivered) |
		bit(m.inputSeen, flagInputSeen) |
		bit(m.receivingMessage && m.compressed, flagCompressed) |
		bit(m.sendingMessage, flagSendingMessage) |
		bit(m.sendingMessage && m.sendingText, flagSendingText) |
		bit(m.sendingMessage && m.sendingCompressed, flagSendingCompressed)
}

func bit(set bool, flag uint64) uint64 {
	if set {
		return flag
	}
	return 0
}

func (m *Machine) appendClosing(b []byte) []byte {
	b = wire.AppendUint(b, fieldIn, uint64(m.in))
	b = wire.AppendUint(b, fieldOut, uint64(m.out))
	if m.peerClosed {
		b = m.peerStatus.appendState(b, fieldPeerCode, fieldPeerReason)
	}
	if m.closeDecided {
		b = m.ownStatus.appendState(b, fieldOwnCode, fieldOwnReason)
	}
	b = wire.AppendUint(b, fieldFirst, uint64(m.first))
	if m.failure != nil {
		b = wire.AppendString(b, fieldFailure, m.failure.ID)
	}
	if m.cause != "" {
		b = wire.AppendString(b, fieldCause, string(m.cause))
	}
	return appendCount(b, fieldDiscarded, m.discarded)
}

func (s Status) appendState(b []byte, code, reason int) []byte {
	b = wire.AppendUint(b, code, uint64(s.Code))
	if s.Reason != "" {
		b = wire.AppendString(b, reason, s.Reason)
	}
	return b
}

func (r *receiver) appendState(b []byte) []byte {
	b = appendUnlessEmpty(b, fieldInput, r.input)
	b = appendUnlessEmpty(b, fieldPartial, r.partial[:r.partialLen])
	if r.inFrame {
		var header [MaxHeader]byte
		b = wire.AppendBytes(b, fieldFrame, r.frame.Append(header[:0]))
		b = appendCount(b, fieldPayloadLeft, r.payloadLeft)
		b = appendUnlessEmpty(b, fieldControl, r.control)
	}
	if r.receivingMessage {
		b = r.message.appendState(b)
	}
	return b
}

func (m *message) appendState(b []byte) []byte {
	b = wire.AppendUint(b, fieldOpcode, uint64(m.opcode))
	b = appendCount(b, fieldSize, m.size)
	b = appendCount(b, fieldFragments, m.fragments)
	b = appendCount(b, fieldShortfall, m.shortfall)
	if m.body != nil { // an empty body too: its first frame has arrived
		b = wire.AppendBytes(b, fieldBody, m.body)
	}
	return wire.AppendUint(b, fieldCheck, m.check.state())
}

func (s *sender) appendState(b []byte) []byte {
	b = appendUnlessEmpty(b, fieldOutput, s.output)
	b = appendCount(b, fieldTaken, s.taken)
	b = appendCount(b, fieldPongsAfterClose, s.pongsAfterClose)
	b = wire.AppendInt(b, fieldProgress, int64(s.progress))
	if s.pongPending {
		b = wire.AppendBytes(b, fieldPong, s.pong)
	}
	if s.sendingMessage {
		b = wire.AppendUint(b, fieldSendCheck, s.sendCheck.state())
	}
	return b
}

// appendCount appends a field with a number that is never negative.
func appendCount[T int | int64](b []byte, field int, n T) []byte {
	return wire.AppendUint(b, field, uint64(n))
}

func appendUnlessEmpty(b []byte, field int, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	return wire.AppendBytes(b, field, v)
}

// state returns the check as a number: the missing bytes and the bounds of the next, one
// byte each. It is 0 between two characters.
func (c *utf8Check) state() uint64 {
	if c.need == 0 {
		return 0
	}
	return uint64(c.need)<<16 | uint64(c.lo)<<8 | uint64(c.hi)
}
