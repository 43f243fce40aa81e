package protocol

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// forEachShape calls test with random bytes of every length and alignment up to a few
// blocks.
func forEachShape(t *testing.T, test func(p []byte)) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]byte, 400)
	for i := range all {
		all[i] = byte(random.Uint32())
	}
	for start := range 17 {
		for n := range 300 {
			test(bytes.Clone(all)[start : start+n])
		}
	}
}

func TestMaskMost(t *testing.T) {
	const key = 0x1234567812345678
	forEachShape(t, func(p []byte) {
		plain := bytes.Clone(p)
		rest, restPlain := maskMost(key, p), maskMostPlain(key, plain)
		masked, maskedPlain := p[:len(p)-len(rest)], plain[:len(plain)-len(restPlain)]
		n := min(len(masked), len(maskedPlain))
		if !bytes.Equal(masked[:n], maskedPlain[:n]) || len(rest) >= 64 || len(restPlain) >= 32 {
			t.Fatalf("%d bytes are masked differently, or more than a block is left over", len(p))
		}
		if joined := len(masked) + len(rest); joined != len(p) {
			t.Fatalf("%d bytes become %d", len(p), joined)
		}
	})
}

func TestIsASCII(t *testing.T) {
	forEachShape(t, func(p []byte) {
		for i := range p {
			p[i] &= 0x7F
		}
		if !isASCII(p) || !isASCIIPlain(p) {
			t.Fatalf("%d bytes below 0x80 are reported as not ASCII", len(p))
		}
		for i := range p {
			p[i] |= 0x80
			if isASCII(p) || isASCIIPlain(p) {
				t.Fatalf("%d bytes are reported as ASCII although byte %d is not below 0x80", len(p), i)
			}
			p[i] &= 0x7F
		}
	})
}
