package protocol

import (
	"encoding/binary"
	"math/bits"
)

// Mask applies the masking key to p in place (RFC 6455, section 5.3). pos is the
// offset of p in the payload of the frame; Mask returns the offset of the byte after
// p. Masking twice restores the original bytes.
func Mask(key [4]byte, pos int, p []byte) int {
	next := pos + len(p)
	k := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*(pos&3))
	wide := uint64(k)<<32 | uint64(k)
	p = maskMost(wide, p)
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^wide)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= byte(wide >> (8 * uint(i)))
	}
	return next
}
