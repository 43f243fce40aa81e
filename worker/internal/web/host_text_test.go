package web

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

func TestEncodeReturnsUTF8(t *testing.T) {
	for _, text := range []string{"", "a\x00é€😀"} {
		if got := call(t, encode, engine.String(text)).Bytes(); string(got) != text {
			t.Errorf("%q must be encoded as %x, got %x", text, text, got)
		}
	}
}

func TestEncodeIntoWritesWholeCharactersAndCountsUTF16Units(t *testing.T) {
	const text = "aé€😀z"
	for room, want := range []struct {
		written string
		units   int
	}{
		{"", 0}, {"a", 1}, {"a", 1}, {"aé", 2}, {"aé", 2}, {"aé", 2}, {"aé€", 3}, {"aé€", 3}, {"aé€", 3}, {"aé€", 3}, {"aé€😀", 5}, {text, 6}, {text, 6},
	} {
		got := call(t, encodeInto, engine.String(text), engine.Int(room)).List()
		if string(got[0].Bytes()) != want.written || got[1].Int() != want.units {
			t.Errorf("with room for %d bytes: want %q, %d units, got %q, %d units", room, want.written, want.units, got[0].Bytes(), got[1].Int())
		}
	}
}

func TestDecodeReturnsTextAndRest(t *testing.T) {
	for _, c := range []struct {
		name, encoding, in string
		final, fatal       bool
		text, rest         string
	}{
		{"a whole text", "utf-8", "é", true, true, "é", ""},
		{"an incomplete character within a stream", "utf-8", "a\xe2\x82", false, true, "a", "\xe2\x82"},
		{"an incomplete character at the end", "utf-8", "a\xe2\x82", true, false, "a\uFFFD", ""},
		{"UTF-16", "utf-16le", "a\x00\x3d\xd8", false, true, "a", "\x3d\xd8"},
		{"windows-1252", "windows-1252", "\x80", true, true, "€", ""},
	} {
		v := call(t, decode, engine.String(c.encoding), engine.Bytes([]byte(c.in)), engine.Bool(c.final), engine.Bool(c.fatal))
		if c.rest == "" {
			if v.Kind() != engine.KindString || v.String() != c.text {
				t.Errorf("%s must be decoded to the string %q, got the %v %q", c.name, c.text, v.Kind(), v)
			}
			continue
		}
		list := v.List()
		if len(list) != 2 || list[0].String() != c.text || string(list[1].Bytes()) != c.rest {
			t.Errorf("%s must be decoded to %q with the rest %x, got %v", c.name, c.text, c.rest, list)
		}
	}
}

func TestDecodeReturnsNullForInvalidBytesAndUnknownEncodings(t *testing.T) {
	for _, encoding := range []string{"utf-8", "utf-16le", "klingon"} {
		v := call(t, decode, engine.String(encoding), engine.Bytes([]byte{0xff}), engine.Bool(true), engine.Bool(true))
		if v.Kind() != engine.KindNull {
			t.Errorf("the byte FF in %s must be decoded to null, got %v", encoding, v)
		}
	}
}

func TestAtobAndBtoaAreInverse(t *testing.T) {
	for text, encoded := range map[string]string{"": "", "a": "YQ==", "ab": "YWI=", "abc": "YWJj", "ÿþ\x00": "//4A"} {
		if got := call(t, btoa, engine.String(text)).String(); got != encoded {
			t.Errorf("btoa(%q) must be %q, got %q", text, encoded, got)
		}
		if got := call(t, atob, engine.String(encoded)).String(); got != text {
			t.Errorf("atob(%q) must be %q, got %q", encoded, text, got)
		}
	}
	if v := call(t, btoa, engine.String("Ā")); v.Kind() != engine.KindNull {
		t.Errorf("btoa of a character above U+00FF must be null, got %v", v)
	}
}

func TestAtobIgnoresSpacePaddingAndTrailingBits(t *testing.T) {
	for _, encoded := range []string{"YWI=", "YWI", " Y\tW\nI\f=\r", "YWJ=", "YWJ"} {
		if v := call(t, atob, engine.String(encoded)); v.Kind() != engine.KindString || v.String() != "ab" {
			t.Errorf("atob(%q) must be %q, got %v", encoded, "ab", v)
		}
	}
	for _, invalid := range []string{"Y", "=", "YWI==", "YQ=", "YQ===", "Y=Q=", "YW-_", "YWI=YWI=", "é", "YQ\v"} {
		if v := call(t, atob, engine.String(invalid)); v.Kind() != engine.KindNull {
			t.Errorf("atob(%q) must be null, got %q", invalid, v)
		}
	}
}
