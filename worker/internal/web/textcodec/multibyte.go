package textcodec

import (
	"strings"
	"unicode/utf8"
)

const (
	invalid    = -1
	incomplete = 0 // the number of bytes
)

// A step decodes the character at the beginning of src, whose first byte is not ASCII. It returns the code point, or invalid,
// and the number of bytes, or incomplete if src ends within a character.
type step func(src []byte) (r rune, size int)

// multiByte returns the Decoder of an encoding in which a byte below 0x80 at the beginning of a character is ASCII.
func multiByte(next step) Decoder {
	return func(held, src []byte, final, fatal bool) (string, []byte, error) {
		src = join(held, src)
		var b strings.Builder
		b.Grow(len(src))
		for len(src) > 0 {
			if src[0] < utf8.RuneSelf {
				b.WriteByte(src[0])
				src = src[1:]
				continue
			}
			r, size := next(src)
			if size == incomplete {
				if !final {
					return b.String(), src, nil
				}
				r, size = invalid, len(src)
			}
			if r == invalid && fatal {
				return "", nil, ErrInvalid
			}
			writeCharacter(&b, r)
			src = src[size:]
		}
		return b.String(), nil, nil
	}
}

// writeCharacter writes the result of a step.
func writeCharacter(b *strings.Builder, r rune) {
	switch {
	case r == invalid:
		b.WriteString(replacement)
	case r >= firstPair:
		b.WriteString(big5Pairs[r-firstPair])
	default:
		b.WriteRune(r)
	}
}

// found returns the result of a step for a code point of a table, which is 0 if the last of size bytes does not complete a
// character. Then that byte is part of what is invalid, unless it is ASCII.
func found(r rune, src []byte, size int) (rune, int) {
	if r != 0 {
		return r, size
	}
	if src[size-1] < utf8.RuneSelf {
		size--
	}
	return invalid, size
}

func within(c, first, last byte) bool { return first <= c && c <= last }

// stepGB18030 decodes gb18030 (Encoding Standard, section 10.2.1).
func stepGB18030(src []byte) (rune, int) {
	switch {
	case src[0] == 0x80:
		return '€', 1
	case src[0] == 0xFF:
		return invalid, 1
	case len(src) < 2:
		return 0, incomplete
	case within(src[1], '0', '9'):
		return stepGB18030Long(src)
	}
	return found(indexGB18030().at(src[0], src[1]), src, 2)
}

// stepGB18030Long decodes a character of four bytes.
func stepGB18030Long(src []byte) (rune, int) {
	switch {
	case len(src) < 3:
		return 0, incomplete
	case !within(src[2], 0x81, 0xFE):
		return invalid, 1
	case len(src) < 4:
		return 0, incomplete
	case !within(src[3], '0', '9'):
		return invalid, 1
	}
	switch string(src[:4]) { // two characters that x/text does not decode as the standard does
	case "\x81\x35\xF4\x37":
		return 0xE7C7, 4
	case "\x84\x31\xA4\x37":
		return utf8.RuneError, 4
	}
	if r := lookUp(gb18030.NewDecoder(), src[:4]); r != 0 {
		return r, 4
	}
	return invalid, 4
}

// stepBig5 decodes Big5 (Encoding Standard, section 11.1.1).
func stepBig5(src []byte) (rune, int) { return stepPair(indexBig5, src) }

// stepEUCKR decodes EUC-KR (Encoding Standard, section 13.1.1).
func stepEUCKR(src []byte) (rune, int) { return stepPair(indexEUCKR, src) }

// stepPair decodes a character of two bytes.
func stepPair(index func() *table, src []byte) (rune, int) {
	switch {
	case src[0] == 0x80 || src[0] == 0xFF:
		return invalid, 1
	case len(src) < 2:
		return 0, incomplete
	}
	return found(index().at(src[0], src[1]), src, 2)
}

// stepEUCJP decodes EUC-JP (Encoding Standard, section 12.1.1).
func stepEUCJP(src []byte) (rune, int) {
	switch {
	case src[0] != 0x8E && src[0] != 0x8F && !within(src[0], 0xA1, 0xFE):
		return invalid, 1
	case len(src) < 2:
		return 0, incomplete
	case src[0] == 0x8E && within(src[1], 0xA1, 0xDF):
		return katakana(src[1]), 2
	case src[0] == 0x8F && within(src[1], 0xA1, 0xFE):
		if len(src) < 3 {
			return 0, incomplete
		}
		return found(indexJIS0212().at(src[1], src[2]), src, 3)
	}
	return found(indexEUCJP().at(src[0], src[1]), src, 2)
}

// stepShiftJIS decodes Shift_JIS (Encoding Standard, section 12.3.1).
func stepShiftJIS(src []byte) (rune, int) {
	switch c := src[0]; {
	case c == 0x80:
		return 0x80, 1
	case within(c, 0xA1, 0xDF):
		return katakana(c), 1
	case !within(c, 0x81, 0x9F) && !within(c, 0xE0, 0xFC):
		return invalid, 1
	case len(src) < 2:
		return 0, incomplete
	}
	return found(indexShiftJIS().at(src[0], src[1]), src, 2)
}

// katakana returns the half-width character of a byte from 0xA1 to 0xDF.
func katakana(c byte) rune { return 0xFF61 + rune(c) - 0xA1 }
