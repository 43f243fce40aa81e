package protocol

import (
	"bytes"
	"testing"
)

// plainMask is the algorithm of RFC 6455, section 5.3, byte by byte.
func plainMask(key [4]byte, pos int, p []byte) {
	for i := range p {
		p[i] ^= key[(pos+i)%4]
	}
}

func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>3)
	}
	return p
}

func TestMask(t *testing.T) {
	for align := range 8 {
		for length := range 65 {
			for pos := range 65 {
				got, want := pattern(align+length+8), pattern(align+length+8)
				next := Mask(testKey, pos, got[align:align+length])
				plainMask(testKey, pos, want[align:align+length])
				if !bytes.Equal(got, want) {
					t.Fatalf("%d bytes at offset %d, %d bytes after a word boundary, are masked as % x, expected % x", length, pos, align, got, want)
				}
				if next != pos+length {
					t.Fatalf("masking %d bytes at offset %d returns %d", length, pos, next)
				}
			}
		}
	}
}

func TestMaskInPieces(t *testing.T) {
	want := pattern(200)
	Mask(testKey, 0, want)
	for cut := range want {
		got := pattern(200)
		Mask(testKey, Mask(testKey, 0, got[:cut]), got[cut:])
		if !bytes.Equal(got, want) {
			t.Fatalf("200 bytes in two pieces, split at %d, are masked differently", cut)
		}
	}
}

func TestMaskTwice(t *testing.T) {
	p := pattern(1000)
	Mask(testKey, 3, p)
	Mask(testKey, 3, p)
	if !bytes.Equal(p, pattern(1000)) {
		t.Error("masking twice changes the bytes")
	}
}
