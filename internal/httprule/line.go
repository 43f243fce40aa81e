package httprule

import (
	"net/textproto"
	"strings"
)

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// AppendField appends a header field to b and returns the extended slice. It replaces line breaks and NUL in the value with
// spaces (RFC 9110, section 5.5), so that a value cannot inject fields.
func AppendField(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, lineBreaks.Replace(value)...), "\r\n"...)
}

// IsHandshakeField reports whether a field belongs to the opening handshake of WebSocket, or to the framing of a body,
// which neither the request nor the response with status 101 has (RFC 9110, section 6.4.1).
func IsHandshakeField(name string) bool {
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	switch canonical {
	case "Upgrade", "Connection", "Content-Length", "Transfer-Encoding", "Trailer":
		return true
	}
	return strings.HasPrefix(canonical, "Sec-Websocket-")
}
