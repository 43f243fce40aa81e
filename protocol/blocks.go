package protocol

import "encoding/binary"

// This file has the portable versions of the assembly in blocks_amd64.s.

// maskMostPlain masks p in steps of 32 bytes and returns the remaining bytes. Four
// words per iteration are faster than one, because the CPU executes them in parallel.
func maskMostPlain(key uint64, p []byte) (rest []byte) {
	for len(p) >= 32 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^key)
		binary.LittleEndian.PutUint64(p[8:], binary.LittleEndian.Uint64(p[8:])^key)
		binary.LittleEndian.PutUint64(p[16:], binary.LittleEndian.Uint64(p[16:])^key)
		binary.LittleEndian.PutUint64(p[24:], binary.LittleEndian.Uint64(p[24:])^key)
		p = p[32:]
	}
	return p
}

const highBits = 0x8080808080808080

// isASCIIPlain reports whether p consists of ASCII characters only.
func isASCIIPlain(p []byte) bool {
	for len(p) >= 8 {
		if binary.LittleEndian.Uint64(p)&highBits != 0 {
			return false
		}
		p = p[8:]
	}
	for _, b := range p {
		if b >= 0x80 {
			return false
		}
	}
	return true
}
