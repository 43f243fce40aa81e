package textcodec_test

import (
	"errors"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

func TestLossyReplacesMaximalSubparts(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		"\xff":                     "\uFFFD",
		"\xe2\x82":                 "\uFFFD",
		"\xe2\x82A":                "\uFFFDA",
		"\xe2\x28\xa1":             "\uFFFD(\uFFFD",
		"\xf0\x9f\x98":             "\uFFFD",
		"\xf0\x9f\x98\xf0":         "\uFFFD\uFFFD",
		"\xc0\x80":                 "\uFFFD\uFFFD",
		"\xe0\x80\x80":             "\uFFFD\uFFFD\uFFFD",
		"\xed\xa0\x80":             "\uFFFD\uFFFD\uFFFD",
		"\xf4\x90\x80\x80":         "\uFFFD\uFFFD\uFFFD\uFFFD",
		"\x41\xdf\x42":             "A\uFFFDB",
		"\xf0\x80\x80\x80é\x80end": "\uFFFD\uFFFD\uFFFD\uFFFDé\uFFFDend",
	} {
		if got := textcodec.Lossy(in); got != want {
			t.Errorf("%q must be decoded to %+q, got %+q", in, want, got)
		}
	}
}

func TestUTF16LEAndWindows1252(t *testing.T) {
	cases := []struct {
		name         string
		decode       textcodec.Decoder
		in           string
		final, fatal bool
		text, rest   string
		err          error
	}{
		{"a pair", textcodec.UTF16LE, "\x3d\xd8\x00\xde", true, true, "😀", "", nil},
		{"an incomplete pair is the rest", textcodec.UTF16LE, "A\x00\x3d\xd8\x00", false, true, "A", "\x3d\xd8\x00", nil},
		{"an odd byte at the end", textcodec.UTF16LE, "A\x00B", true, false, "A\uFFFD", "", nil},
		{"an odd byte at the end is fatal", textcodec.UTF16LE, "A\x00B", true, true, "", "", textcodec.ErrInvalid},
		{"a lone surrogate", textcodec.UTF16LE, "\x00\xdcA\x00", true, false, "\uFFFDA", "", nil},
		{"a lone surrogate is fatal", textcodec.UTF16LE, "\x00\xdcA\x00", true, true, "", "", textcodec.ErrInvalid},
		{"the euro sign of windows-1252", textcodec.DecoderOf("windows-1252"), "\x80\xe9", true, true, "€é", "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text, rest, err := c.decode(nil, []byte(c.in), c.final, c.fatal)
			if text != c.text || string(rest) != c.rest || !errors.Is(err, c.err) {
				t.Errorf("got %q, %q, %v; want %q, %q, %v", text, rest, err, c.text, c.rest, c.err)
			}
		})
	}
}

func TestLatin1AndFromLatin1AreInverse(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	got, ok := textcodec.Latin1(textcodec.FromLatin1(all))
	if !ok || string(got) != string(all) {
		t.Errorf("the 256 bytes must come back unchanged, got %x", got)
	}
	if _, ok := textcodec.Latin1("Ā"); ok {
		t.Error("Latin1 must report false for a code point above 255")
	}
}

func FuzzUTF8(f *testing.F) {
	for _, seed := range []string{"", "plain", "é€😀", "\xe2\x82", "\xf0\x9f\x98A", "\xed\xa0\x80", "\xff\xfe"} {
		f.Add([]byte(seed), 2)
	}
	f.Fuzz(func(t *testing.T, src []byte, cut int) {
		whole, rest, err := textcodec.UTF8(nil, src, true, false)
		if err != nil || len(rest) != 0 || !utf8.ValidString(whole) {
			t.Fatalf("%q must be decoded to valid text without a rest, got %q, %q, %v", src, whole, rest, err)
		}
		if utf8.Valid(src) && whole != string(src) {
			t.Fatalf("valid text %q must not be changed, got %q", src, whole)
		}
		if _, _, err := textcodec.UTF8(nil, src, true, true); (err == nil) != utf8.Valid(src) {
			t.Fatalf("the fatal decoder returned %v for %q, for which utf8.Valid is %v", err, src, utf8.Valid(src))
		}
		cut = min(max(cut, 0), len(src))
		head, held, _ := textcodec.UTF8(nil, src[:cut], false, false)
		tail, _, _ := textcodec.UTF8(held, src[cut:], true, false)
		if head+tail != whole {
			t.Fatalf("split at %d, %q is decoded to %q, but in one piece to %q", cut, src, head+tail, whole)
		}
	})
}

func FuzzUTF16(f *testing.F) {
	f.Add([]byte("A\x00\x3d\xd8\x00\xde"), 3)
	f.Fuzz(func(t *testing.T, src []byte, cut int) {
		whole, _, _ := textcodec.UTF16LE(nil, src, true, false)
		units := make([]uint16, len(src)/2)
		for i := range units {
			units[i] = uint16(src[2*i]) | uint16(src[2*i+1])<<8
		}
		want := string(utf16.Decode(units))
		if len(src)%2 == 1 {
			want += "\uFFFD"
		}
		if whole != want {
			t.Fatalf("%x must be decoded to %q, got %q", src, want, whole)
		}
		cut = min(max(cut, 0), len(src))
		head, held, _ := textcodec.UTF16LE(nil, src[:cut], false, false)
		tail, _, _ := textcodec.UTF16LE(held, src[cut:], true, false)
		if len(src)%2 == 0 && head+tail != whole {
			t.Fatalf("split at %d, %x is decoded to %q, but in one piece to %q", cut, src, head+tail, whole)
		}
	})
}
