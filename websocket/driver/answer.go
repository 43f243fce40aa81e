package driver

import (
	"net/http"
	"slices"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/protocol/handshake"
)

// appendAnswer adds the 101 answer (RFC 6455, section 4.2.2) to b: the fields of
// the handshake, then the application's own. Of those, fields that would change
// what the handshake says are left out, and no value can break out of its line.
func appendAnswer(b []byte, fields []handshake.Field, own http.Header) []byte {
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\n"...)
	for _, f := range fields {
		b = httprule.AppendField(b, f.Name, f.Value)
	}
	names := make([]string, 0, len(own))
	for name := range own {
		if !httprule.IsHandshakeField(name) && handshake.IsToken(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range own[name] { // Set-Cookie needs a line each: RFC 6265, section 3
			b = httprule.AppendField(b, name, value)
		}
	}
	return append(b, "\r\n"...)
}
