package protocol

// Prepared is a message that is framed once and can be sent on many connections. It
// is immutable and safe for concurrent use.
type Prepared struct {
	op         Opcode
	frame      []byte        // the frame of a server, unmasked
	start      int           // the offset of the payload in frame
	compressed func() []byte // returns the compressed payload; nil if the message is not compressible
}

// Prepare frames a Text or Binary message. It copies the payload. The error matches
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

// Compressible returns a copy of p that can also be sent compressed. compress is
// called with the payload each time the message is sent on a connection with
// compression. It must be safe for concurrent use, return the same bytes each time,
// and not refer to earlier messages (RFC 7692, section 7.2.3.1).
func (p *Prepared) Compressible(compress func(payload []byte) []byte) *Prepared {
	with := *p
	with.compressed = func() []byte { return compress(with.payload()) }
	return &with
}

// Len returns the size in bytes of the message in a server's send queue.
func (p *Prepared) Len() int { return len(p.frame) }

// Frame returns the message as a server sends it without compression, in one frame.
// The caller must not modify it.
func (p *Prepared) Frame() []byte { return p.frame }

func (p *Prepared) payload() []byte { return p.frame[p.start:] }
