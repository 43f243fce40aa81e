package handshake

import "strings"

// Field is a header field to send.
type Field struct {
	Name  string
	Value string
}

// The keys of header fields in the canonical form of net/http.
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

// upgradeFields are the two fields of every message of a successful handshake. They are also sent with a refusal of
// status 426.
var upgradeFields = []Field{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}}

// maxList limits the number of subprotocols and of extensions in one message, to limit the work that a header of many
// short names can cause. Real clients offer a few.
const maxList = 64

// singleValue returns the value of a field that must not be repeated. It returns an empty string, which is not a valid
// value of any such field, if the field is missing or repeated.
func singleValue(header map[string][]string, key string) string {
	values := header[key]
	if len(values) != 1 {
		return ""
	}
	return trim(values[0])
}

// hasToken reports whether a list field contains the token, in any case and on any line. It ignores other elements.
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

// trim removes surrounding optional white space as HTTP defines it: spaces and tabs.
func trim(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// IsToken reports whether s is a token of HTTP (RFC 9110, section 5.6.2). The names of header fields and of
// subprotocols (RFC 6455, section 4.1) are tokens.
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// isTokenByte reports whether a token may contain c.
func isTokenByte(c byte) bool { return tokenBytes[c] }

// tokenBytes are the bytes of tokens: visible ASCII without the separators of RFC 2616, section 2.2.
var tokenBytes = func() (table [256]bool) {
	for c := '!'; c <= '~'; c++ {
		table[c] = !strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	}
	return table
}()

// equalFold reports whether a and b are equal apart from the case of ASCII letters. With Unicode case folding a Kelvin
// sign would equal a k.
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

// lowerASCII returns s with ASCII letters in lower case. It does not change other bytes.
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
