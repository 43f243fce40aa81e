package main

import (
	"slices"
	"strings"
	"testing"
)

func TestExpandHelp(t *testing.T) {
	for line, want := range map[string]string{
		"":                "--help",
		"help":            "--help",
		"help run":        "run --help",
		"help nope":       "nope --help",
		"run help.js":     "run help.js",
		"--version":       "--version",
		"run help":        "run help",
		"help proxy --to": "proxy --to --help",
	} {
		if got := expandHelp(strings.Fields(line)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q must be expanded to %q; got %q", line, want, got)
		}
	}
}
