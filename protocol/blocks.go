package protocol

import "encoding/binary"

// The plain twins of what blocks_amd64.s has for long payloads.

// maskMostPlain masks four words a turn, which keeps the CPU's ports busy.
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
