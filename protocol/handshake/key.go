package handshake

import (
	"crypto/fips140"
	"crypto/sha1"
	"encoding/base64"
)

// keySize is the length of a decoded key in bytes (RFC 6455, section 4.1).
const keySize = 16

// guid is hashed with the key, so that a server that does not support WebSocket cannot produce the result (RFC 6455,
// section 1.3).
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

var strictBase64 = base64.StdEncoding.Strict()

// NewKey returns the value of Sec-WebSocket-Key for 16 random bytes. A client must choose new ones for each connection
// (RFC 6455, section 4.1).
func NewKey(random [16]byte) string {
	return base64.StdEncoding.EncodeToString(random[:])
}

// Accept returns the value of Sec-WebSocket-Accept for a value of Sec-WebSocket-Key (RFC 6455, section 4.2.2).
func Accept(key string) string {
	var room [24 + len(guid)]byte
	answer := append(append(room[:0], key...), guid...)
	var sum [sha1.Size]byte
	// SHA-1 has no security purpose here (RFC 6455, section 10.8), so the handshake must also work in a process that
	// enforces FIPS 140, which forbids SHA-1.
	fips140.WithoutEnforcement(func() { sum = sha1.Sum(answer) })
	return base64.StdEncoding.EncodeToString(sum[:])
}

// isKey reports whether key is the base64 form of exactly 16 bytes (RFC 6455, section 4.2.1).
func isKey(key string) bool {
	var text [24]byte
	var decoded [18]byte
	if len(key) != len(text) {
		return false
	}
	copy(text[:], key)
	n, err := strictBase64.Decode(decoded[:], text[:])
	return err == nil && n == keySize
}
