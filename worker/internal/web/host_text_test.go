package web

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

func TestEncodeGivesUTF8(t *testing.T) {
	for _, text := range []string{"", "a\x00é€😀"} {
		if got := call(t, encode, engine.String(text)).Bytes(); string(got) != text {
			t.Errorf("%q is encoded as %x, want %x", text, got, text)
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
			t.Errorf("into %d bytes went %q, %d units; want %q, %d units", room, got[0].Bytes(), got[1].Int(), want.written, want.units)
		}
	}
}

func TestDecodeGivesTextAndWhatItHoldsBack(t *testing.T) {
	for _, c := range []struct {
		name, encoding, in string
		final, fatal       bool
		text, held         string
	}{
		{"a whole text", "utf-8", "é", true, true, "é", ""},
		{"a cut character of a stream", "utf-8", "a\xe2\x82", false, true, "a", "\xe2\x82"},
		{"a cut character at the end", "utf-8", "a\xe2\x82", true, false, "a\uFFFD", ""},
		{"UTF-16", "utf-16le", "a\x00\x3d\xd8", false, true, "a", "\x3d\xd8"},
		{"windows-1252", "windows-1252", "\x80", true, true, "€", ""},
	} {
		v := call(t, decode, engine.String(c.encoding), engine.Bytes([]byte(c.in)), engine.Bool(c.final), engine.Bool(c.fatal))
		if c.held == "" {
			if v.Kind() != engine.KindString || v.String() != c.text {
				t.Errorf("%s is decoded to the %v %q, want the string %q", c.name, v.Kind(), v, c.text)
			}
			continue
		}
		list := v.List()
		if len(list) != 2 || list[0].String() != c.text || string(list[1].Bytes()) != c.held {
			t.Errorf("%s is decoded to %v, want %q with %x held back", c.name, list, c.text, c.held)
		}
	}
}

func TestDecodeGivesNullForInvalidBytesAndUnknownEncodings(t *testing.T) {
	for _, encoding := range []string{"utf-8", "utf-16le", "klingon"} {
		v := call(t, decode, engine.String(encoding), engine.Bytes([]byte{0xff}), engine.Bool(true), engine.Bool(true))
		if v.Kind() != engine.KindNull {
			t.Errorf("the byte FF in %s is decoded to %v, want null", encoding, v)
		}
	}
}

func TestBase64GoesBothWays(t *testing.T) {
	for text, encoded := range map[string]string{"": "", "a": "YQ==", "ab": "YWI=", "abc": "YWJj", "ÿþ\x00": "//4A"} {
		if got := call(t, btoa, engine.String(text)).String(); got != encoded {
			t.Errorf("btoa(%q) is %q, want %q", text, got, encoded)
		}
		if got := call(t, atob, engine.String(encoded)).String(); got != text {
			t.Errorf("atob(%q) is %q, want %q", encoded, got, text)
		}
	}
	if v := call(t, btoa, engine.String("Ā")); v.Kind() != engine.KindNull {
		t.Errorf("a character over U+00FF became the base64 %v, want null", v)
	}
}

func TestAtobForgivesSpacePaddingAndLooseBits(t *testing.T) {
	for _, encoded := range []string{"YWI=", "YWI", " Y\tW\nI\f=\r", "YWJ=", "YWJ"} {
		if v := call(t, atob, engine.String(encoded)); v.Kind() != engine.KindString || v.String() != "ab" {
			t.Errorf("atob(%q) is %v, want %q", encoded, v, "ab")
		}
	}
	for _, wrong := range []string{"Y", "=", "YWI==", "YQ=", "YQ===", "Y=Q=", "YW-_", "YWI=YWI=", "é", "YQ\v"} {
		if v := call(t, atob, engine.String(wrong)); v.Kind() != engine.KindNull {
			t.Errorf("atob(%q) is %q, want null", wrong, v)
		}
	}
}
