package protocol

import (
	"encoding/binary"
	"math/bits"
)

// Mask applies the masking key to p in place (RFC 6455, section 5.3). pos is
// the offset of p in the frame's payload; the return value is the offset of the
// byte after p. Masking twice gives the bytes back.
func Mask(key [4]byte, pos int, p []byte) int {
	next := pos + len(p)
	k := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*(pos&3))
	wide := uint64(k)<<32 | uint64(k)
	for len(p) >= 32 { // four words a turn keep the CPU's ports busy
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^wide)
		binary.LittleEndian.PutUint64(p[8:], binary.LittleEndian.Uint64(p[8:])^wide)
		binary.LittleEndian.PutUint64(p[16:], binary.LittleEndian.Uint64(p[16:])^wide)
		binary.LittleEndian.PutUint64(p[24:], binary.LittleEndian.Uint64(p[24:])^wide)
		p = p[32:]
	}
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^wide)
		p = p[8:]
	}
	for i := range p {
		p[i] ^= byte(wide >> (8 * uint(i)))
	}
	return next
}
