package handshake

import (
	"crypto/fips140"
	"crypto/sha1"
	"encoding/base64"
)

// keySize is the size of a decoded key in bytes. RFC 6455, section 4.1.
const keySize = 16

// guid is what every WebSocket server mixes into its answer, so that no other server gives it by chance.
// RFC 6455, section 1.3.
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

var strictBase64 = base64.StdEncoding.Strict()

// NewKey returns the value of Sec-WebSocket-Key for 16 random bytes, which a client must choose anew for each
// connection. RFC 6455, section 4.1.
func NewKey(random [16]byte) string {
	return base64.StdEncoding.EncodeToString(random[:])
}

// Accept returns the value of Sec-WebSocket-Accept that answers a Sec-WebSocket-Key. RFC 6455, section 4.2.2.
func Accept(key string) string {
	var room [24 + len(guid)]byte
	answer := append(append(room[:0], key...), guid...)
	var sum [sha1.Size]byte
	// SHA-1 proves here that the server speaks WebSocket and protects nothing, RFC 6455, section 10.8; a machine
	// that forbids it for security must still be able to shake hands.
	fips140.WithoutEnforcement(func() { sum = sha1.Sum(answer) })
	return base64.StdEncoding.EncodeToString(sum[:])
}

// isKey reports whether the key decodes to exactly 16 bytes. RFC 6455, section 4.2.1.
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
