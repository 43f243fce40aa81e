package textcodec

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// singleByte returns the Decoder of an encoding that has one byte for each character (Encoding Standard, section 9.1).
func singleByte(encoding *charmap.Charmap) Decoder {
	return func(_, src []byte, _, fatal bool) (string, []byte, error) {
		var b strings.Builder
		b.Grow(len(src))
		for _, c := range src {
			if c < utf8.RuneSelf {
				b.WriteByte(c)
				continue
			}
			r := encoding.DecodeByte(c)
			switch {
			case r == utf8.RuneError && c < 0xA0: // control characters, which are missing in charmap
				r = rune(c)
			case r == utf8.RuneError && fatal:
				return "", nil, ErrInvalid
			}
			b.WriteRune(r)
		}
		return b.String(), nil, nil
	}
}
