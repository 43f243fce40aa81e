//go:build linux

package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-only=echo,sleep", "-objects=5"})
	if err != nil || !slices.Equal(o.only, []string{"echo", "sleep"}) || o.objects != 5 || o.rounds != 1 {
		t.Errorf("parse returns %+v, %v", o, err)
	}
	if o, err := parse(nil); err != nil || len(o.only) != len(measurements) {
		t.Errorf("all measurements are chosen by default; got %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-only=eco"}, {"-rounds=0"}, {"-window=0s"}, {"-objects=0"}, {"-what"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("parse of %q returns no error", args)
		}
	}
}

func TestKindCommand(t *testing.T) {
	t.Parallel()
	to := netip.MustParseAddrPort("127.0.0.1:9001")
	for _, c := range []struct {
		kind kind
		file string
	}{
		{linger("/bin/linger"), "wrangler.json"},
		{workerd("/bin/workerd"), "config.capnp"},
	} {
		folder := t.TempDir()
		line, err := c.kind.command(folder, to, vars{"Count", 16})
		if err != nil {
			t.Fatal(err)
		}
		config, err := os.ReadFile(filepath.Join(folder, c.file))
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(line, " ") + string(config)
		for _, want := range []string{to.String(), `"Count"`, `"16"`, filepath.Join(folder, "data")} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: the command line and the configuration have %q; got\n%s", c.kind.name, want, all)
			}
		}
	}
}
