package engine

import (
	"strings"
	"testing"
)

func TestStringRoundTrip(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.same = s => s; globalThis.units = s => s.length; globalThis.codes = s => [...s].map(c => c.codePointAt(0).toString(16)).join()")
	same := global(t, r, "same")
	for _, s := range []string{
		"", "a", "ascii \x00 with NUL\x00", "latin é ÿ \x00", "ä", "中文\x00字", "emoji 😀 pair", "mixed aé中😀",
		strings.Repeat("x", 7) + "é", strings.Repeat("long ", 5000), strings.Repeat("é", 5000), strings.Repeat("中", 5000),
		"\uFFFD", "\U0010FFFF", "\u00ff\u0100",
	} {
		v, err := r.Call(same, String(s))
		if err != nil || v.String() != s {
			t.Errorf("%.40q should come back unchanged, got %.40q, %v", s, v.String(), err)
		}
	}
}

// Strings from Go must be the same as those of the engine: with the same length and characters, equal, and usable as
// names of properties.
func TestStringIsOrdinaryString(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, `globalThis.check = (s, length, literal) =>
		s.length === length && s === literal && (s + "!") === literal + "!" && ({[literal]: 1})[s] === 1 &&
		new Map([[literal, 2]]).get(s) === 2 && s.split("").reverse().reverse().join("") === literal && JSON.parse(JSON.stringify(s)) === s`)
	check := global(t, r, "check")
	for s, literal := range map[string]string{"": `""`, "abc": `"abc"`, "é\x00": `"\xe9\0"`, "中a": `"\u4e2da"`, "😀": `"\ud83d\ude00"`} {
		length := eval(t, r, literal+".length")
		v, err := r.Call(check, String(s), length, eval(t, r, literal))
		if err != nil || !v.Bool() {
			t.Errorf("%q should be the string %s in a script, got %v, %v", s, literal, v, err)
		}
	}
}

func TestStringInvalidBecomesReplacementCharacters(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.same = s => s")
	same := global(t, r, "same")
	for in, want := range map[string]string{"a\xffb": "a\uFFFDb", "\xe4\xb8": "\uFFFD\uFFFD", "\xed\xa0\x80": "\uFFFD\uFFFD\uFFFD"} {
		if v, err := r.Call(same, String(in)); err != nil || v.String() != want {
			t.Errorf("%q should become %q in JavaScript, got %q, %v", in, want, v.String(), err)
		}
	}
	for in, want := range map[string]string{
		`"\ud800"`: "\uFFFD", `"\udc00x"`: "\uFFFDx", `"a\ud800b"`: "a\uFFFDb", `"\ud800\ud83d\ude00"`: "\uFFFD😀", `"\ude00\ud83d"`: "\uFFFD\uFFFD",
	} {
		if v := eval(t, r, in); v.String() != want {
			t.Errorf("%s should become %q in Go, got %q", in, want, v.String())
		}
	}
}

func TestStringOfRope(t *testing.T) {
	r := open(t, Options{})
	v := eval(t, r, `let s = ""; for (let i = 0; i < 3000; i++) s += "part" + i + (i == 2999 ? "中" : "é"); s`)
	if !strings.HasPrefix(v.String(), "part0épart1é") || !strings.HasSuffix(v.String(), "part2999中") {
		t.Errorf("a string that was built by concatenation should be complete, got %.30q ...", v.String())
	}
}
