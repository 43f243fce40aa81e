package handshake

import "strings"

// Field is one header field to send.
type Field struct {
	Name  string
	Value string
}

// The canonical keys under which net/http files the fields that are read here.
const (
	hostKey       = "Host"
	upgradeKey    = "Upgrade"
	connectionKey = "Connection"
	keyKey        = "Sec-Websocket-Key"
	acceptKey     = "Sec-Websocket-Accept"
	versionKey    = "Sec-Websocket-Version"
	protocolKey   = "Sec-Websocket-Protocol"
	extensionKey  = "Sec-Websocket-Extensions"
	originKey     = "Origin"
)

// switching are the two fields every message of a successful handshake carries, and every refusal that asks the
// client to come back with an upgrade.
var switching = []Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}}

// maxList bounds the subprotocols and the extensions of one message, so that a header full of one-letter names
// cannot buy much work. Real clients offer a handful.
const maxList = 64

// single returns the only value of a field that may not be repeated. Missing or repeated it is empty, which is no
// good value for any of them.
func single(header map[string][]string, key string) string {
	values := header[key]
	if len(values) != 1 {
		return ""
	}
	return trim(values[0])
}

// hasToken reports whether a list field names the token, in any case and on any of its lines. Other elements are
// not judged: they speak to somebody else.
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			if equalFold(trim(element), token) {
				return true
			}
		}
	}
	return false
}

// trim removes the optional white space of HTTP, which is space and tab and nothing else.
func trim(s string) string { return strings.Trim(s, " \t") }

// IsToken reports whether s is a token of HTTP (RFC 9110, section 5.6.2), as the name of a header field and of a
// subprotocol is (RFC 6455, section 4.1).
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// isTokenByte reports whether c may stand in a token: visible ASCII without the separators of RFC 2616, section 2.2.
func isTokenByte(c byte) bool {
	return c > ' ' && c < 0x7f && strings.IndexByte(`()<>@,;:\"/[]?={}`, c) < 0
}

// equalFold compares without regard to the case of ASCII letters only. Unicode folding would let a Kelvin sign pass
// for a k.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// lowerASCII lowers ASCII letters and leaves every other byte as it is.
func lowerASCII(s string) string {
	for i := range len(s) {
		if s[i] != lower(s[i]) {
			return string(lowerBytes([]byte(s)))
		}
	}
	return s
}

func lowerBytes(b []byte) []byte {
	for i, c := range b {
		b[i] = lower(c)
	}
	return b
}
