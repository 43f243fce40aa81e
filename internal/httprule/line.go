package httprule

import (
	"net/textproto"
	"strings"
)

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// AppendField appends a line of a header to b. A value cannot break out of its line: characters that would are replaced by
// spaces (RFC 9110, section 5.5).
func AppendField(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, lineBreaks.Replace(value)...), "\r\n"...)
}

// IsHandshakeField reports whether a field belongs to the opening handshake of a WebSocket, or frames a body, of which a
// request for one and the 101 response have none (RFC 9110, section 6.4.1).
func IsHandshakeField(name string) bool {
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	switch canonical {
	case "Upgrade", "Connection", "Content-Length", "Transfer-Encoding", "Trailer":
		return true
	}
	return strings.HasPrefix(canonical, "Sec-Websocket-")
}
