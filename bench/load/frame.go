package load

import (
	"bytes"
	"encoding/binary"
)

// The first bytes of the frames that are used: whole messages, RFC 6455, section 5.2.
const (
	text       = 0x81
	compressed = 0xc1 // a text with RSV1: RFC 7692, section 6
	closing    = 0x88
	maskBit    = 0x80
)

// mask is the key of all frames. One key is as good as another: a server cannot know
// that it is always the same.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// payload returns n bytes of ASCII text that repeat only after a prime number of them,
// so that bytes in the wrong place are found.
func payload(n int) []byte {
	const letters = "The quick brown fox jumps over the lazy dog, and 47 more of them."
	return bytes.Repeat([]byte(letters), n/len(letters)+1)[:n]
}

// fromClient returns a masked frame: RFC 6455, section 5.3.
func fromClient(first byte, data []byte) []byte {
	b := append(header(first, maskBit, len(data)), mask[:]...)
	for i, c := range data {
		b = append(b, c^mask[i%4])
	}
	return b
}

// fromServer returns the frame that a server has to answer with.
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

// deflated returns the payload of a compressed message: RFC 7692, section 7.2.1. The block
// is a stored one, which a server has to inflate like any other; so nothing is compressed
// here.
func deflated(data []byte) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{0}, uint16(len(data)))
	b = binary.LittleEndian.AppendUint16(b, ^uint16(len(data)))
	return append(append(b, data...), 0) // of the empty block at the end this byte is sent
}

// frameSize returns how long the frame of a server is that begins with these bytes; 0 if
// more of them are needed.
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
