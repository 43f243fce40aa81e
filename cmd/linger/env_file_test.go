package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadEnvFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "map[]",
		"A=1":                                  "map[A:1]",
		"\ufeffA=1\r\nB=2\r\n":                 "map[A:1 B:2]",
		"# comment\n\n  \n export A = b c \n":  "map[A:b c]",
		"A=\nB=":                               "map[A: B:]",
		"A=b#c # d":                            "map[A:b#c]",
		"A= # d":                               "map[A:]",
		"A=x=y&z=$HOME":                        "map[A:x=y&z=$HOME]",
		`A="b # c" # d`:                        "map[A:b # c]",
		`A="b\nc\t\"d\" \\n"`:                  "map[A:b\nc\t\"d\" \\n]",
		`A='b\n"c"'`:                           "map[A:b\\n\"c\"]",
		"A=`b'\"`":                             "map[A:b'\"]",
		"K=\"-----BEGIN\nx=y\n-----END\"\nB=2": "map[B:2 K:-----BEGIN\nx=y\n-----END]",
		"A=it's":                               "map[A:it's]",
		"A=1\nA=2":                             "map[A:2]",
		"a.b-c=1":                              "map[a.b-c:1]",
	} {
		got, err := readEnvFile(filepath.Join(folder(t, map[string]string{".env": text}), ".env"))
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q must define %s; got %s %v", text, want, fmt.Sprint(got), err)
		}
	}
}

func TestReadEnvFileErrorsHaveLineAndNoValue(t *testing.T) {
	for text, want := range map[string]string{
		"A=1\nsecret":             ".env:2: expected NAME=VALUE",
		"\n\n1A=secret":           ".env:3: expected NAME=VALUE",
		"=secret":                 ".env:1: expected NAME=VALUE",
		"A=\"x\ny\"\nB='secret\n": ".env:3: the value of B begins with ', but there is no closing quote",
		`A="secret\"`:             ".env:1: the value of A begins with \", but there is no closing quote",
		`A="x" secret`:            ".env:1: the value of A has text after the closing \"",
	} {
		_, err := readEnvFile(filepath.Join(folder(t, map[string]string{".env": text}), ".env"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q must be refused with %q, without the value; got %v", text, want, err)
		}
	}
	if _, err := readEnvFile(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "none: cannot be read: no such file") {
		t.Errorf("the error for a missing file must name it; got %v", err)
	}
}
