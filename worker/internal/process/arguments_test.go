package process

import (
	"slices"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	for _, test := range []struct {
		name, inspect string
		installed     bool
		args          []string
		want          string
	}{
		{name: "node", inspect: "127.0.0.1:9229", args: []string{"-x"}, want: "--max-old-space-size=64 --inspect=127.0.0.1:9229 -x a.mjs"},
		{name: "bun", want: "--no-install run a.mjs"},
		{name: "deno", want: "run --allow-all --no-prompt --v8-flags=--max-old-space-size=64 a.mjs"},
		{name: "deno", installed: true, want: "run --allow-all --no-prompt --v8-flags=--max-old-space-size=64 --node-modules-dir=manual a.mjs"},
		{name: "deno", installed: true, args: []string{"--node-modules-dir=auto"}, want: "run --allow-all --no-prompt --v8-flags=--max-old-space-size=64 --node-modules-dir=auto a.mjs"},
	} {
		got := Arguments(test.name, "a.mjs", 64<<20, test.inspect, test.installed, test.args)
		if want := strings.Fields(test.want); !slices.Equal(got, want) {
			t.Errorf("the arguments of %s are %q; got %q", test.name, want, got)
		}
	}
}
