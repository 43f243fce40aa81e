//go:build linux

package main

import (
	"log"
	"net/netip"
	"strings"
	"testing"

	"github.com/lingerws/linger/bench/load"
)

func TestRoundsFailure(t *testing.T) {
	broken := library{name: "broken", label: "the broken one",
		command: func(workspace, netip.AddrPort, variant) []string { return []string{"false"} }}
	s := settings{libs: []library{broken}, works: []work{{name: "echo", label: "echo", Work: load.Work{Kind: load.Echo}}}, rounds: 2}
	r := s.record()
	var logged strings.Builder
	workspace{}.rounds(s, r, log.New(&logged, "", 0))
	if len(r.Notes) != 2 || !strings.Contains(r.Notes[0], "the broken one") || len(r.Samples) != 0 {
		t.Errorf("two failures: notes %q, samples %v, expected two notes and no sample", r.Notes, r.Samples)
	}
	if !strings.Contains(logged.String(), "round 2 of 2") {
		t.Errorf("the second round did not run after a failure in the first: %q", logged.String())
	}
}
