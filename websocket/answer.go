package websocket

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/lingerws/linger/protocol/handshake"
)

// appendAnswer adds the 101 answer (RFC 6455, section 4.2.2) to b: the fields of
// the handshake, then the application's own. Of those, fields that would change
// what the handshake says are left out, and no value can break out of its line.
func appendAnswer(b []byte, fields []handshake.Field, own http.Header) []byte {
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\n"...)
	for _, f := range fields {
		b = appendField(b, f.Name, f.Value)
	}
	names := make([]string, 0, len(own))
	for name := range own {
		if !ofHandshake(name) && handshake.IsToken(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range own[name] { // Set-Cookie needs a line each: RFC 6265, section 3
			b = appendField(b, name, value)
		}
	}
	return append(b, "\r\n"...)
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

func appendField(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, lineBreaks.Replace(value)...), "\r\n"...)
}

// ofHandshake tells whether a field belongs to the handshake or frames a body,
// of which a 101 has none (RFC 9110, section 6.4.1).
func ofHandshake(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Upgrade", "Connection", "Content-Length", "Transfer-Encoding", "Trailer":
		return true
	}
	return strings.HasPrefix(textproto.CanonicalMIMEHeaderKey(name), "Sec-Websocket-")
}
