package weburl

import (
	"strings"
	"unicode/utf8"
)

// encodeSet contains the ASCII characters that are percent-encoded in a component (URL Standard, section 1.3). Bytes that
// are not ASCII are always encoded.
type encodeSet [utf8.RuneSelf]bool

var (
	c0ControlSet    = newEncodeSet(nil, "")
	fragmentSet     = newEncodeSet(nil, " \"<>`")
	querySet        = newEncodeSet(nil, " \"#<>")
	specialQuerySet = newEncodeSet(querySet, "'")
	pathSet         = newEncodeSet(querySet, "?^`{}")
	userinfoSet     = newEncodeSet(pathSet, "/:;=@[\\]|")
	formSet         = newEncodeSet(userinfoSet, "$%&+,!'()~")
)

// newEncodeSet returns a set with the C0 controls, DEL, the characters of from, and more.
func newEncodeSet(from *encodeSet, more string) *encodeSet {
	var set encodeSet
	if from != nil {
		set = *from
	}
	for c := range 0x20 {
		set[c] = true
	}
	set[0x7f] = true
	for i := range len(more) {
		set[more[i]] = true
	}
	return &set
}

func (s *encodeSet) has(c byte) bool { return c >= utf8.RuneSelf || s[c] }

const upperHex = "0123456789ABCDEF"

// percentEncode percent-encodes every byte of text that is in the set.
func percentEncode(text string, set *encodeSet) string {
	i := 0
	for i < len(text) && !set.has(text[i]) {
		i++
	}
	if i == len(text) {
		return text
	}
	var b strings.Builder
	b.WriteString(text[:i])
	for ; i < len(text); i++ {
		writeEncoded(&b, text[i], set)
	}
	return b.String()
}

// writeEncoded writes a byte, percent-encoded if it is in the set.
func writeEncoded(b *strings.Builder, c byte, set *encodeSet) {
	if !set.has(c) {
		b.WriteByte(c)
		return
	}
	b.WriteByte('%')
	b.WriteByte(upperHex[c>>4])
	b.WriteByte(upperHex[c&15])
}

// PercentDecode replaces each well-formed %XX by its byte, and does not change other percent signs.
func PercentDecode(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			b.WriteByte(unhex(text[i+1])<<4 | unhex(text[i+2]))
			i += 2
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
