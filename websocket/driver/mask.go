package driver

import "crypto/rand"

// newMaskKey returns a key a peer cannot predict: RFC 6455, section 5.3.
func newMaskKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return key
}
