package protocol

// Prepared is a message framed once, to be sent on many connections. It is
// immutable and safe for concurrent use.
type Prepared struct {
	op    Opcode
	frame []byte // as a server sends it: unmasked
	start int    // where the payload begins

	squeeze func() []byte // the payload compressed on its own, if that was asked for
}

// Prepare frames a message, Text or Binary. The payload is copied. The error is
// [ErrText] or [ErrOpcode].
func Prepare(op Opcode, payload []byte) (*Prepared, error) {
	if op != Text && op != Binary {
		return nil, misuse(ErrOpcode, "got "+op.String())
	}
	if op == Text && !isUTF8(payload) { // RFC 6455, section 8.1
		return nil, ErrText
	}
	h := Header{Fin: true, Opcode: op, Length: int64(len(payload))}
	frame := h.Append(make([]byte, 0, len(payload)+MaxHeader))
	return &Prepared{op: op, start: len(frame), frame: append(frame, payload...)}, nil
}

// Compressible returns the message with a second form, for connections that have
// agreed on compression: squeeze is called when the first of them needs it, with
// the payload; it must be safe for concurrent use, give the same each time, and
// refer to nothing before the message (RFC 7692, section 7.2.3.1).
func (p *Prepared) Compressible(squeeze func(payload []byte) []byte) *Prepared {
	with := *p
	with.squeeze = func() []byte { return squeeze(with.payload()) }
	return &with
}

// Len returns the bytes the message takes in a server's send queue.
func (p *Prepared) Len() int { return len(p.frame) }

// Frame returns the message as a server without compression sends it, in one frame. It
// is not to be changed.
func (p *Prepared) Frame() []byte { return p.frame }

func (p *Prepared) payload() []byte { return p.frame[p.start:] }
