package textcodec

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// table has the code points of the characters of two bytes of an encoding: 0 for a pair that is not a character, and
// firstPair and above for two code points.
type table [0x80][0x100]rune

func (t *table) at(lead, trail byte) rune { return t[lead-0x80][trail] }

// The tables are the indexes of the Encoding Standard, section 6. The module x/text has them, but only within its decoders.
// These cannot be used, because they report neither incomplete characters nor all errors as the standard requires. Each
// table is made when it is first used, in a few milliseconds.
var (
	indexEUCKR    = tableOf(korean.EUCKR)
	indexShiftJIS = corrected(tableOf(japanese.ShiftJIS), correctShiftJIS)
	indexEUCJP    = tableOf(japanese.EUCJP)
	indexJIS0212  = tableOf(japanese.EUCJP, 0x8F)
	indexBig5     = corrected(tableOf(traditionalchinese.Big5), correctBig5)
	indexGB18030  = corrected(tableOf(gb18030), correctGB18030)
)

var gb18030 = simplifiedchinese.GB18030

// tableOf returns a function that returns the table of the two bytes after prefix.
func tableOf(encoding encoding.Encoding, prefix ...byte) func() *table {
	return sync.OnceValue(func() *table {
		t, decoder := &table{}, encoding.NewDecoder()
		src := append(prefix[:len(prefix):len(prefix)], 0, 0)
		for lead := 0x81; lead < 0xFF; lead++ {
			for trail := 0x40; trail < 0xFF; trail++ {
				src[len(prefix)], src[len(prefix)+1] = byte(lead), byte(trail)
				t[lead-0x80][trail] = lookUp(decoder, src)
			}
		}
		return t
	})
}

func corrected(index func() *table, correct func(*table)) func() *table {
	return sync.OnceValue(func() *table {
		t := index()
		correct(t)
		return t
	})
}

// lookUp returns the code point of one character, or 0 if src is anything else.
func lookUp(decoder *encoding.Decoder, src []byte) rune {
	var dst [2 * utf8.UTFMax]byte
	decoder.Reset()
	n, _, err := decoder.Transform(dst[:], src, true)
	r, size := utf8.DecodeRune(dst[:n])
	if err != nil || size != n || r == utf8.RuneError {
		return 0
	}
	return r
}

// big5Pairs are the characters of Big5 that are two code points (Encoding Standard, section 11.1.1). In a table they are
// firstPair and the following numbers.
var big5Pairs = [...]string{"\u00CA\u0304", "\u00CA\u030C", "\u00EA\u0304", "\u00EA\u030C"}

const firstPair = utf8.MaxRune + 1

func correctBig5(t *table) {
	for i, trail := range []byte{0x62, 0x64, 0xA3, 0xA5} {
		t[0x88-0x80][trail] = firstPair + rune(i)
	}
}

// correctShiftJIS adds the characters for private use (Encoding Standard, section 12.3.1, step 4.4).
func correctShiftJIS(t *table) {
	r := rune(0xE000)
	for lead := 0xF0; lead <= 0xF9; lead++ {
		for trail := 0x40; trail <= 0xFC; trail++ {
			if trail != 0x7F {
				t[lead-0x80][trail] = r
				r++
			}
		}
	}
}

// correctGB18030 adds two characters that x/text does not have, and changes those that had code points for private use before
// GB18030-2022 (Encoding Standard, section 10.2).
func correctGB18030(t *table) {
	t[0xA8-0x80][0xBC], t[0xFE-0x80][0xFE] = 0x1E3F, 0xE4C5
	const vertical = "\uFE10\uFE12\uFE11\uFE13\uFE14\uFE15\uFE16"
	for i, r := range []rune(vertical) {
		t[0xA6-0x80][0xD9+i] = r
	}
	t[0xA6-0x80][0xEC], t[0xA6-0x80][0xED], t[0xA6-0x80][0xF3] = 0xFE17, 0xFE18, 0xFE19
	for i, trail := range []byte{0x59, 0x61, 0x66, 0x67, 0x6D, 0x7E, 0x90, 0xA0} {
		t[0xFE-0x80][trail] = 0x9FB4 + rune(i)
	}
}
