// Package textcodec decodes bytes to text according to the WHATWG Encoding Standard (https://encoding.spec.whatwg.org/).
// Each maximal subpart that is not valid becomes one U+FFFD, while conversions of Go replace each byte or each run.
package textcodec

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrInvalid is returned for bytes that are not valid text of the encoding.
var ErrInvalid = errors.New("the bytes are not valid text of the encoding")

const replacement = "\uFFFD"

// A Decoder decodes the next part of a stream of bytes. held is what the call for the part before it has returned as rest. If
// final is false, the rest is an incomplete character at the end of src, and the state of the decoder; otherwise the rest is
// empty. If fatal is true, invalid bytes cause ErrInvalid; otherwise each invalid sequence becomes U+FFFD.
type Decoder func(held, src []byte, final, fatal bool) (text string, rest []byte, err error)

// UTF8 decodes UTF-8 (Encoding Standard, section 8.1.1). It does not remove a byte order mark.
func UTF8(held, src []byte, final, fatal bool) (text string, rest []byte, err error) {
	src = join(held, src)
	if !final {
		cut := len(src) - unfinished(src)
		src, rest = src[:cut], src[cut:]
	}
	if utf8.Valid(src) {
		return string(src), rest, nil
	}
	if fatal {
		return "", nil, ErrInvalid
	}
	return replaceInvalid(src), rest, nil
}

// join returns held followed by src.
func join(held, src []byte) []byte {
	if len(held) == 0 {
		return src
	}
	return append(held[:len(held):len(held)], src...)
}

// Lossy returns text with every maximal subpart that is not UTF-8 replaced by U+FFFD.
func Lossy(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return replaceInvalid([]byte(text))
}

// replaceInvalid replaces each invalid maximal subpart by U+FFFD.
func replaceInvalid(src []byte) string {
	var b strings.Builder
	for len(src) > 0 {
		c, size := utf8.DecodeRune(src)
		if c == utf8.RuneError && size == 1 {
			b.WriteString(replacement)
			src = src[subpart(src):]
			continue
		}
		b.Write(src[:size])
		src = src[size:]
	}
	return b.String()
}

// subpart returns the length of the maximal subpart of the ill-formed sequence at the beginning of src: the longest
// prefix that is the beginning of a character.
func subpart(src []byte) int {
	n := 1
	for n < len(src) && n < utf8.UTFMax && !utf8.FullRune(src[:n]) {
		if utf8.FullRune(src[:n+1]) {
			break
		}
		n++
	}
	return n
}

// unfinished returns the number of bytes at the end of src that are the beginning of an incomplete character.
func unfinished(src []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(src); n++ {
		tail := src[len(src)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// UTF16LE decodes little-endian UTF-16 (Encoding Standard, section 14.4). Lone surrogates are invalid.
func UTF16LE(held, src []byte, final, fatal bool) (text string, rest []byte, err error) {
	return decodeUTF16(binary.LittleEndian, join(held, src), final, fatal)
}

// UTF16BE decodes big-endian UTF-16 (Encoding Standard, section 14.3). Lone surrogates are invalid.
func UTF16BE(held, src []byte, final, fatal bool) (text string, rest []byte, err error) {
	return decodeUTF16(binary.BigEndian, join(held, src), final, fatal)
}

// decodeUTF16 decodes UTF-16 with a byte order (Encoding Standard, section 14.2).
func decodeUTF16(order binary.ByteOrder, src []byte, final, fatal bool) (text string, rest []byte, err error) {
	cut := len(src) &^ 1
	if !final && cut >= 2 && order.Uint16(src[cut-2:])&0xFC00 == 0xD800 {
		cut -= 2
	}
	units := make([]uint16, cut/2)
	for i := range units {
		units[i] = order.Uint16(src[2*i:])
	}
	if fatal && (hasLoneSurrogate(units) || final && cut < len(src)) {
		return "", nil, ErrInvalid
	}
	text = string(utf16.Decode(units))
	if !final {
		return text, src[cut:], nil
	}
	if cut < len(src) {
		text += replacement
	}
	return text, nil, nil
}

func hasLoneSurrogate(units []uint16) bool {
	for i := 0; i < len(units); i++ {
		if !utf16.IsSurrogate(rune(units[i])) {
			continue
		}
		if i+1 == len(units) || utf16.DecodeRune(rune(units[i]), rune(units[i+1])) == utf8.RuneError {
			return true
		}
		i++
	}
	return false
}

// Latin1 returns the code points of text as bytes. It reports false if one of them is above 255.
func Latin1(text string) ([]byte, bool) {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		if c > 0xFF {
			return nil, false
		}
		out = append(out, byte(c))
	}
	return out, true
}

// FromLatin1 returns the text whose code points are the bytes.
func FromLatin1(src []byte) string {
	var b strings.Builder
	b.Grow(len(src))
	for _, c := range src {
		b.WriteRune(rune(c))
	}
	return b.String()
}
