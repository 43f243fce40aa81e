package protocol

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// Every length and alignment up to a few blocks.
func eachShape(t *testing.T, test func(p []byte)) {
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

func TestMaskingBlocksIsMaskingWords(t *testing.T) {
	const key = 0x1234567812345678
	eachShape(t, func(p []byte) {
		plain := bytes.Clone(p)
		rest, restPlain := maskMost(key, p), maskMostPlain(key, plain)
		masked, maskedPlain := p[:len(p)-len(rest)], plain[:len(plain)-len(restPlain)]
		n := min(len(masked), len(maskedPlain))
		if !bytes.Equal(masked[:n], maskedPlain[:n]) || len(rest) >= 64 || len(restPlain) >= 32 {
			t.Fatalf("%d bytes must be masked alike, and few left", len(p))
		}
		if whole := bytes.Clone(all(p, rest)); len(whole) != len(p) {
			t.Fatal("nothing is lost")
		}
	})
}

func all(p, rest []byte) []byte { return append(p[:len(p)-len(rest):len(p)-len(rest)], rest...) }

func TestASCIIIsFoundByBlocksAsByWords(t *testing.T) {
	eachShape(t, func(p []byte) {
		for i := range p {
			p[i] &= 0x7F
		}
		if !isASCII(p) || !isASCIIPlain(p) {
			t.Fatalf("%d bytes below 0x80 are ASCII", len(p))
		}
		for i := range p {
			p[i] |= 0x80
			if isASCII(p) || isASCIIPlain(p) {
				t.Fatalf("one byte of %d, at %d, that is 0x80 or above is not ASCII", len(p), i)
			}
			p[i] &= 0x7F
		}
	})
}
