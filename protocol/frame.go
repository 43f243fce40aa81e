package protocol

import "encoding/binary"

// Opcode is the kind of a frame: RFC 6455, section 5.2.
type Opcode uint8

// The opcodes RFC 6455 defines. All others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	CloseFrame   Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// String returns the word conversations and logs use for the opcode.
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

// IsControl tells whether the opcode belongs to a control frame: its top bit
// is set (RFC 6455, section 5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

func (o Opcode) isKnown() bool { return o <= Binary || o >= CloseFrame && o <= Pong }

// Sizes fixed by RFC 6455, section 5.2 and 5.5.
const (
	MaxHeader  = 14  // bytes of the longest frame header
	MaxControl = 125 // bytes of the longest control payload
)

// Header is the header of one frame.
type Header struct {
	Fin    bool
	RSV    uint8 // the three reserved bits, RSV1 is 4, RSV2 is 2, RSV3 is 1
	Opcode Opcode
	Masked bool
	Key    [4]byte // the masking key, if Masked
	Length int64   // bytes of payload
}

const (
	finBit  = 0x80
	maskBit = 0x80
	len16   = 126 // the length follows in 2 bytes
	len64   = 127 // the length follows in 8 bytes
)

// ParseHeader reads the frame header at the start of b. It returns the header
// and the number of bytes it took; 0 bytes and no violation mean that more
// input is needed. It refuses what no context can make right: reserved opcodes,
// control frames that are fragmented or too long, lengths in a form the RFC
// forbids. A header is refused at the first byte that shows the fault.
func ParseHeader(b []byte) (Header, int, *Violation) {
	if len(b) == 0 {
		return Header{}, 0, nil
	}
	h := Header{Fin: b[0]&finBit != 0, RSV: b[0] >> 4 & 7, Opcode: Opcode(b[0] & 0xF)}
	switch {
	case !h.Opcode.isKnown(): // RFC 6455, section 5.2: an unknown opcode fails the connection
		return h, 0, errOpcode
	case h.Opcode.IsControl() && !h.Fin: // RFC 6455, section 5.5: never fragmented
		return h, 0, errControlFragment
	case len(b) == 1:
		return h, 0, nil
	}
	h.Masked = b[1]&maskBit != 0
	short := b[1] &^ maskBit
	if h.Opcode.IsControl() && short > MaxControl { // RFC 6455, section 5.5: 125 bytes or less
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

// parseLength reads the length. RFC 6455, section 5.2: the minimal number of
// bytes must be used, and the top bit of a 64-bit length must be 0.
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

// Append adds the header to b in its shortest form and returns the result.
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
