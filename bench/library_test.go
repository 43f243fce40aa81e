//go:build linux

package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func names(all []library) (names []string) {
	for _, l := range all {
		names = append(names, l.name)
	}
	return names
}

func TestChooseLibraries(t *testing.T) {
	for list, want := range map[string]string{
		"floor,linger": "linger floor", // in the order of the table
		"workers":      "worker worker-process worker-node worker-bun worker-deno ws",
		"bun,workers":  "worker worker-process worker-node worker-bun worker-deno bun ws",
		"all":          "linger linger-lending linger-readiness linger-blocking worker bun gws gorilla coder gobwas ws floor floor-uring floor-batch",
	} {
		chosen, err := chooseLibraries(list)
		if got := strings.Join(names(chosen), " "); err != nil || got != want {
			t.Errorf("-libs %s: expected %s, got %s, %v", list, want, got, err)
		}
	}
	if _, err := chooseLibraries("linger,lingre"); err == nil || !strings.Contains(err.Error(), "lingre") {
		t.Errorf("chooseLibraries with an unknown name returns %v, expected an error that quotes it", err)
	}
}

func TestLibraryCommand(t *testing.T) {
	w, to := workspace{root: "/r", bin: "/b"}, netip.MustParseAddrPort("127.0.0.1:9001")
	for _, l := range libraries {
		echo, fanout := l.command(w, to, variantEcho), l.command(w, to, variantFanout)
		deflate := l.command(w, to, variantDeflate)
		if able := (work{libs: compressing}).suits(l); able && slices.Equal(echo, deflate) {
			t.Errorf("the command of %s is the same with and without compression: %q", l.name, echo)
		}
		for _, line := range [][]string{echo, fanout, deflate} {
			if !strings.Contains(strings.Join(line, " "), "9001") {
				t.Errorf("the command of %s lacks the port: %q", l.name, line)
			}
		}
		if slices.Equal(echo, fanout) {
			t.Errorf("the command of %s is the same with and without fan-out: %q", l.name, echo)
		}
		if again := l.command(w, to, variantEcho); !slices.Equal(echo, again) {
			t.Errorf("the command of %s is %q at first and then %q", l.name, echo, again)
		}
	}
}
