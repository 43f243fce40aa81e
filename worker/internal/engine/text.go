package engine

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	lib "modernc.org/libquickjs"
)

// The engine stores a string as Latin-1 if possible, and as UTF-16 otherwise, after a header of three words: length and
// encoding, hash, link. Reading and writing this format directly is several times faster than the engine's functions for
// UTF-8, which process a text byte by byte, and which write lone surrogates as bytes that are not UTF-8.
const (
	textHeader = unsafe.Sizeof(lib.TJSString{})
	textLength = 1<<31 - 1 // mask of the length in the first word
	textWide   = 1 << 31   // flag for UTF-16 in the first word
	maxText    = 1<<30 - 1 // maximum length of a string, in units of 8 or 16 bits
)

// newText converts s to a JavaScript string. The caller frees it.
func (r *Runtime) newText(s string) (raw, error) {
	if isASCII(bytesOf(s)) {
		v, err := r.newUnits(len(s), false)
		if err == nil {
			copy(latin1(v), s)
		}
		return v, err
	}
	units, wide := measure(s)
	v, err := r.newUnits(units, wide)
	switch {
	case err != nil:
		return v, err
	case wide:
		fillWide(utf16Units(v), s)
	default:
		fillLatin1(latin1(v), s)
	}
	return v, nil
}

// newUnits returns a string of n units, which the caller must fill in.
func (r *Runtime) newUnits(n int, wide bool) (raw, error) {
	if n > maxText {
		return rawUndefined(), &SizeError{What: "a string", Limit: maxText}
	}
	if n == 0 {
		return lib.XJS_AtomToString(r.tls, r.ctx, lib.EJS_ATOM_empty_string), nil
	}
	size, head := uintptr(n)+1, uint32(n) // a Latin-1 string is terminated by NUL
	if wide {
		size, head = uintptr(n)*2, uint32(n)|textWide
	}
	p := lib.Xjs_malloc_rt(r.tls, r.rt, lib.Tsize_t(textHeader+size))
	if p == 0 {
		return rawUndefined(), ErrOutOfMemory
	}
	at[lib.TJSMallocBlockHeader](p - unsafe.Sizeof(lib.TJSMallocBlockHeader{})).Fref_count = 1
	*at[[3]uint32](p) = [3]uint32{head, 0, 0}
	if !wide {
		*at[byte](p + textHeader + uintptr(n)) = 0
	}
	return simple(lib.EJS_TAG_STRING, uint64(p)), nil
}

// text converts a JavaScript string to a Go string.
func (r *Runtime) text(v raw) (string, error) {
	if tag(v) == lib.EJS_TAG_STRING_ROPE {
		v = r.hold(lib.XJS_ToString(r.tls, r.ctx, v))
		if isException(v) {
			return "", r.thrown()
		}
	}
	if *at[uint32](address(v))&textWide != 0 {
		return fromWide(utf16Units(v)), nil
	}
	return fromLatin1(latin1(v)), nil
}

// units returns the length of a string in units.
func units(v raw) int { return int(*at[uint32](address(v)) & textLength) }

// latin1 returns the units of a Latin-1 string without copying them.
func latin1(v raw) []byte { return memory[byte](address(v)+textHeader, units(v)) }

// utf16Units returns the units of a UTF-16 string without copying them.
func utf16Units(v raw) []uint16 { return memory[uint16](address(v)+textHeader, units(v)) }

// fromLatin1 converts Latin-1 to UTF-8.
func fromLatin1(b []byte) string {
	if isASCII(b) {
		return string(b)
	}
	out := make([]byte, 0, len(b)+len(b)/2)
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return unsafe.String(unsafe.SliceData(out), len(out))
}

// fromWide converts UTF-16 to UTF-8. A lone surrogate becomes U+FFFD, by AppendRune.
func fromWide(units []uint16) string {
	out := make([]byte, 0, len(units)*2)
	for i := 0; i < len(units); i++ {
		c := rune(units[i])
		if utf16.IsSurrogate(c) && i+1 < len(units) {
			if pair := utf16.DecodeRune(c, rune(units[i+1])); pair != utf8.RuneError {
				c = pair
				i++
			}
		}
		out = utf8.AppendRune(out, c)
	}
	return unsafe.String(unsafe.SliceData(out), len(out))
}

// measure returns the number of units of s, and whether they need 16 bits. A byte that is not UTF-8 counts as U+FFFD, which
// is what ranging over s yields.
func measure(s string) (n int, wide bool) {
	for _, c := range s {
		n += utf16.RuneLen(c)
		wide = wide || c > 0xFF
	}
	return n, wide
}

func fillLatin1(to []byte, s string) {
	i := 0
	for _, c := range s {
		to[i] = byte(c)
		i++
	}
}

func fillWide(to []uint16, s string) {
	to = to[:0]
	for _, c := range s {
		to = utf16.AppendRune(to, c)
	}
}

// isASCII reports whether b is ASCII. It checks eight bytes at a time.
func isASCII(b []byte) bool {
	const high = 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// bytesOf returns the bytes of s without copying them. They must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
