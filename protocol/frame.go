package protocol

import "encoding/binary"

// Opcode is the opcode of a frame (RFC 6455, section 5.2).
type Opcode uint8

// The opcodes that RFC 6455 defines. All others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	CloseFrame   Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// String returns the name of the opcode in conversations and logs.
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "cont"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case CloseFrame:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return "reserved"
}

// IsControl reports whether the opcode is that of a control frame: its top bit is set
// (RFC 6455, section 5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

func (o Opcode) isKnown() bool { return o <= Binary || o >= CloseFrame && o <= Pong }

// Sizes in bytes that RFC 6455, sections 5.2 and 5.5, define.
const (
	MaxHeader  = 14  // the longest frame header
	MaxControl = 125 // the longest payload of a control frame
)

// Header is the header of one frame.
type Header struct {
	Fin    bool    // whether the frame is the last of its message
	RSV    uint8   // the three reserved bits: RSV1 is 4, RSV2 is 2, RSV3 is 1
	Opcode Opcode  // the opcode
	Masked bool    // whether the payload is masked
	Key    [4]byte // the masking key, if Masked
	Length int64   // the length of the payload in bytes
}

const (
	finBit  = 0x80
	maskBit = 0x80
	len16   = 126 // the length follows in 2 bytes
	len64   = 127 // the length follows in 8 bytes
)

// ParseHeader parses the frame header at the start of b. It returns the header and
// its length in bytes; 0 without a violation means that more input is needed. It
// returns a violation for what is invalid in every context: reserved opcodes, control
// frames that are fragmented or too long, and lengths in a form that the RFC forbids.
// It does so as soon as b contains the first invalid byte, even if the header is
// incomplete.
func ParseHeader(b []byte) (Header, int, *Violation) {
	if len(b) == 0 {
		return Header{}, 0, nil
	}
	h := Header{Fin: b[0]&finBit != 0, RSV: b[0] >> 4 & 7, Opcode: Opcode(b[0] & 0xF)}
	switch {
	case !h.Opcode.isKnown(): // RFC 6455, section 5.2: an unknown opcode fails the connection
		return h, 0, errOpcode
	case h.Opcode.IsControl() && !h.Fin: // RFC 6455, section 5.5: control frames are not fragmented
		return h, 0, errControlFragment
	case len(b) == 1:
		return h, 0, nil
	}
	h.Masked = b[1]&maskBit != 0
	short := b[1] &^ maskBit
	if h.Opcode.IsControl() && short > MaxControl { // RFC 6455, section 5.5: at most 125 bytes
		return h, 0, errControlLength
	}
	n := headerSize(short, h.Masked)
	if len(b) < n {
		return h, 0, nil
	}
	if v := h.parseLength(short, b[2:]); v != nil {
		return h, 0, v
	}
	if h.Masked {
		copy(h.Key[:], b[n-4:n])
	}
	return h, n, nil
}

func headerSize(short byte, masked bool) int {
	n := 2
	switch short {
	case len16:
		n += 2
	case len64:
		n += 8
	}
	if masked {
		n += 4
	}
	return n
}

// parseLength sets the length. It must use the minimal number of bytes, and the top
// bit of a 64-bit length must be 0 (RFC 6455, section 5.2).
func (h *Header) parseLength(short byte, b []byte) *Violation {
	switch short {
	case len16:
		h.Length = int64(binary.BigEndian.Uint16(b))
		if h.Length < len16 {
			return errLengthForm
		}
	case len64:
		wide := binary.BigEndian.Uint64(b)
		if wide>>63 != 0 {
			return errLengthSign
		}
		if wide <= 0xFFFF {
			return errLengthForm
		}
		h.Length = int64(wide)
	default:
		h.Length = int64(short)
	}
	return nil
}

// Append appends the header in its shortest form to b and returns the extended slice.
func (h Header) Append(b []byte) []byte {
	first := h.RSV<<4 | byte(h.Opcode)
	if h.Fin {
		first |= finBit
	}
	var mask byte
	if h.Masked {
		mask = maskBit
	}
	switch {
	case h.Length < len16:
		b = append(b, first, mask|byte(h.Length))
	case h.Length <= 0xFFFF:
		b = append(b, first, mask|len16)
		b = binary.BigEndian.AppendUint16(b, uint16(h.Length))
	default:
		b = append(b, first, mask|len64)
		b = binary.BigEndian.AppendUint64(b, uint64(h.Length))
	}
	if h.Masked {
		b = append(b, h.Key[:]...)
	}
	return b
}
