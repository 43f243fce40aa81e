package protocol

import "unicode/utf8"

// utf8Check validates UTF-8 that arrives in pieces. It fails at the first byte that
// makes the text invalid whatever follows, so that a violation is found before the
// message ends (RFC 6455, section 8.1). The zero value is ready to use.
type utf8Check struct {
	need   uint8 // the number of continuation bytes that must follow
	lo, hi byte  // the bounds of the next continuation byte
}

// write adds the next piece and reports whether the text is valid so far.
func (c *utf8Check) write(p []byte) bool {
	if c.need == 0 && isASCII(p) {
		return true
	}
	for c.need > 0 && len(p) > 0 {
		if !c.writeByte(p[0]) {
			return false
		}
		p = p[1:]
	}
	tail := incompleteTail(p)
	if !utf8.Valid(p[:len(p)-tail]) {
		return false
	}
	for _, b := range p[len(p)-tail:] {
		if !c.writeByte(b) {
			return false
		}
	}
	return true
}

// complete reports whether the text may end here.
func (c *utf8Check) complete() bool { return c.need == 0 }

// incompleteTail returns the length of the incomplete sequence at the end of p, at
// most 3.
func incompleteTail(p []byte) int {
	for back := 1; back <= 3 && back <= len(p); back++ {
		b := p[len(p)-back]
		if b < 0x80 {
			return 0
		}
		if b >= 0xC0 {
			if sequenceLength(b) > back {
				return back
			}
			return 0
		}
	}
	return 0
}

func sequenceLength(lead byte) int {
	switch {
	case lead >= 0xF0:
		return 4
	case lead >= 0xE0:
		return 3
	}
	return 2
}

// isUTF8 reports whether p is valid and complete.
func isUTF8(p []byte) bool { return isASCII(p) || utf8.Valid(p) }

// writeByte adds one byte and reports whether the text is valid so far, by the table
// of well-formed sequences (RFC 3629, section 4).
func (c *utf8Check) writeByte(b byte) bool {
	if c.need > 0 {
		if b < c.lo || b > c.hi {
			return false
		}
		c.need--
		c.lo, c.hi = 0x80, 0xBF
		return true
	}
	c.lo, c.hi = 0x80, 0xBF
	switch {
	case b < 0x80:
		return true
	case b < 0xC2 || b > 0xF4: // continuation, overlong, or beyond U+10FFFF
		return false
	case b < 0xE0:
		c.need = 1
		return true
	case b < 0xF0:
		c.need = 2
	default:
		c.need = 3
	}
	c.setBounds(b)
	return true
}

// setBounds sets the bounds of the second byte so that overlong forms, surrogates and
// code points beyond U+10FFFF are invalid.
func (c *utf8Check) setBounds(lead byte) {
	switch lead {
	case 0xE0:
		c.lo = 0xA0
	case 0xED:
		c.hi = 0x9F
	case 0xF0:
		c.lo = 0x90
	case 0xF4:
		c.hi = 0x8F
	}
}
