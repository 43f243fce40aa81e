package load

import (
	"bytes"
	"encoding/binary"
)

// The first bytes of frames without fragmentation (RFC 6455, section 5.2).
const (
	text       = 0x81
	compressed = 0xc1 // a text message with RSV1 (RFC 7692, section 6)
	closing    = 0x88
	maskBit    = 0x80
)

// mask is the masking key of all frames. It is constant, which a server cannot exploit.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// payload returns n bytes of ASCII text. Its period is not a power of two, so that misplaced
// bytes are detected.
func payload(n int) []byte {
	const letters = "The quick brown fox jumps over the lazy dog, and 47 more of them."
	return bytes.Repeat([]byte(letters), n/len(letters)+1)[:n]
}

// fromClient returns a masked frame (RFC 6455, section 5.3).
func fromClient(first byte, data []byte) []byte {
	b := append(header(first, maskBit, len(data)), mask[:]...)
	for i, c := range data {
		b = append(b, c^mask[i%4])
	}
	return b
}

// fromServer returns the frame that a server must send.
func fromServer(first byte, data []byte) []byte {
	return append(header(first, 0, len(data)), data...)
}

func header(first, masked byte, n int) []byte {
	switch b := []byte{first}; {
	case n < 126:
		return append(b, masked|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
}

// deflated returns the payload of a compressed message (RFC 7692, section 7.2.1). It uses a
// stored block, which needs no compression here and which a server must inflate like any
// other.
func deflated(data []byte) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{0}, uint16(len(data)))
	b = binary.LittleEndian.AppendUint16(b, ^uint16(len(data)))
	return append(append(b, data...), 0) // the part of the final empty block that is sent
}

// frameSize returns the size of the server's frame that begins with b, or 0 if more bytes are
// needed.
func frameSize(b []byte) int {
	switch {
	case len(b) < 2, b[1] == 126 && len(b) < 4, b[1] == 127 && len(b) < 10:
		return 0
	case b[1] < 126:
		return 2 + int(b[1])
	case b[1] == 126:
		return 4 + int(binary.BigEndian.Uint16(b[2:]))
	default:
		return 10 + int(binary.BigEndian.Uint64(b[2:]))
	}
}

// closeStatus is the payload of a Close with code 1000.
var closeStatus = []byte{0x03, 0xe8}
