package web

import (
	"crypto/rand"
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
)

// randomQuota is the maximum number of bytes of one call (Web Cryptography, section 10.1.1).
const randomQuota = 65536

// random(n) returns n random bytes.
func random(args []engine.Value) (engine.Value, error) {
	n := argument(args, 0).Int()
	if n < 0 || n > randomQuota {
		return engine.Undefined(), rangeError(fmt.Sprintf("expected 0 to %d bytes", randomQuota))
	}
	data := make([]byte, n)
	rand.Read(data) // never fails
	return engine.Bytes(data), nil
}

// randomUUID() returns a UUID of version 4 (RFC 9562, section 5.4).
func randomUUID([]engine.Value) (engine.Value, error) {
	var id [16]byte
	rand.Read(id[:])
	id[6] = id[6]&0x0F | 0x40
	id[8] = id[8]&0x3F | 0x80
	return engine.String(fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])), nil
}
