package weburl

import (
	"fmt"
	"strings"
	"testing"
)

// The table lists the printable characters other than letters and digits that each component does not encode (URL
// Standard, section 1.3).
func TestPercentEncodeSets(t *testing.T) {
	for _, c := range []struct {
		component string
		set       *encodeSet
		unencoded string
	}{
		{"opaque path", c0ControlSet, " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
		{"fragment", fragmentSet, "!#$%&'()*+,-./:;=?@[\\]^_{|}~"},
		{"query", querySet, "!$%&'()*+,-./:;=?@[\\]^_`{|}~"},
		{"query of a special URL", specialQuerySet, "!$%&()*+,-./:;=?@[\\]^_`{|}~"},
		{"path", pathSet, "!$%&'()*+,-./:;=@[\\]_|~"},
		{"user information", userinfoSet, "!$%&'()*+,-._~"},
		{"form", formSet, "*-._"},
	} {
		for b := range 0x100 {
			char := string([]byte{byte(b)})
			want := char
			if b > 0x7f || !isHex(char[0]) && !isAlpha(rune(b)) && !strings.Contains(c.unencoded, char) {
				want = fmt.Sprintf("%%%02X", b)
			}
			if got := percentEncode("a"+char, c.set); got != "a"+want {
				t.Errorf("in the %s %q must be encoded as %q, got %q", c.component, "a"+char, "a"+want, got)
			}
		}
	}
}

func TestPercentDecodeOnlyWellFormed(t *testing.T) {
	for text, want := range map[string]string{
		"":             "",
		"plain":        "plain",
		"%41%6a%6A":    "Ajj",
		"%e2%82%AC":    "€",
		"%":            "%",
		"%4":           "%4",
		"a%4":          "a%4",
		"%zz%4g%g4%-1": "%zz%4g%g4%-1",
		"%%41":         "%A",
		"%2541":        "%41",
		"%00%ff":       "\x00\xff",
		"a+b":          "a+b",
	} {
		if got := PercentDecode(text); got != want {
			t.Errorf("%q must be decoded to %q, got %q", text, want, got)
		}
	}
}

func TestPercentDecodeReversesPercentEncode(t *testing.T) {
	all := make([]byte, 0x100)
	for i := range all {
		all[i] = byte(i)
	}
	if back := PercentDecode(percentEncode(string(all), formSet)); back != string(all) {
		t.Errorf("the 256 bytes must come back unchanged, got %q", back)
	}
}
