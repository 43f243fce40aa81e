package linger

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
)

// newID returns an id that is URL-safe, cannot be guessed (128 random bits) and
// names its node before the dot.
func newID(node string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return node + "." + base64.RawURLEncoding.EncodeToString(b[:])
}

func newNode() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
