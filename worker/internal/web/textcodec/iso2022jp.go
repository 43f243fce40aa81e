package textcodec

import "strings"

// The states of a decoder of ISO-2022-JP between characters.
const (
	stateASCII = iota
	stateRoman
	stateKatakana
	stateJIS0208
)

const escape = 0x1B

// escapes has the states that escape sequences begin.
var escapes = map[string]byte{"(B": stateASCII, "(J": stateRoman, "(I": stateKatakana, "$@": stateJIS0208, "$B": stateJIS0208}

// iso2022JP is the state of a decoder.
type iso2022JP struct {
	state   byte
	escaped bool // an escape sequence has just been decoded: another one is an error
}

// ISO2022JP decodes ISO-2022-JP (Encoding Standard, section 12.2.1). What it holds begins with the state of the decoder.
func ISO2022JP(held, src []byte, final, fatal bool) (text string, rest []byte, err error) {
	var d iso2022JP
	if len(held) >= 2 {
		d, src = iso2022JP{held[0], held[1] == 1}, join(held[2:], src)
	}
	var b strings.Builder
	b.Grow(len(src))
	for len(src) > 0 {
		r, size := d.next(src)
		if size == incomplete {
			if !final {
				break
			}
			r, size = d.fail(1)
		}
		if r == invalid && fatal {
			return "", nil, ErrInvalid
		}
		if r != noCharacter {
			writeCharacter(&b, r)
		}
		src = src[size:]
	}
	if final || len(src) == 0 && d == (iso2022JP{}) {
		return b.String(), nil, nil
	}
	rest = []byte{d.state, 0}
	if d.escaped {
		rest[1] = 1
	}
	return b.String(), append(rest, src...), nil
}

// noCharacter is the result of next for an escape sequence.
const noCharacter = -2

// next decodes the character or the escape sequence at the beginning of src, like a [step].
func (d *iso2022JP) next(src []byte) (rune, int) {
	c := src[0]
	switch {
	case c == escape:
		return d.nextEscape(src)
	case d.state == stateJIS0208:
		return d.nextJIS0208(src)
	case d.state == stateKatakana && within(c, 0x21, 0x5F):
		return d.character(katakana(c+0x80), 1)
	case d.state == stateKatakana || c > 0x7F || c == 0x0E || c == 0x0F:
		return d.fail(1)
	case d.state == stateRoman && c == '\\':
		return d.character('¥', 1)
	case d.state == stateRoman && c == '~':
		return d.character('‾', 1)
	}
	return d.character(rune(c), 1)
}

func (d *iso2022JP) nextJIS0208(src []byte) (rune, int) {
	switch {
	case !within(src[0], 0x21, 0x7E):
		return d.fail(1)
	case len(src) < 2:
		return 0, incomplete
	case src[1] == escape:
		return d.fail(1)
	case !within(src[1], 0x21, 0x7E):
		return d.fail(2)
	}
	if r := indexEUCJP().at(src[0]|0x80, src[1]|0x80); r != 0 {
		return d.character(r, 2)
	}
	return d.fail(2)
}

func (d *iso2022JP) nextEscape(src []byte) (rune, int) {
	if len(src) > 1 && src[1] != '(' && src[1] != '$' {
		return d.fail(1)
	}
	if len(src) < 3 {
		return 0, incomplete
	}
	state, known := escapes[string(src[1:3])]
	if !known {
		return d.fail(1)
	}
	again := d.escaped
	d.state, d.escaped = state, true
	if again {
		return invalid, 3
	}
	return noCharacter, 3
}

func (d *iso2022JP) character(r rune, size int) (rune, int) {
	d.escaped = false
	return r, size
}

func (d *iso2022JP) fail(size int) (rune, int) { return d.character(invalid, size) }
