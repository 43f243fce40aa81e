//go:build linux

package main

import (
	"log"
	"net/netip"
	"strings"
	"testing"

	"github.com/lingerws/linger/bench/load"
)

func TestWhatFailsIsNotedAndTheRestGoesOn(t *testing.T) {
	broken := library{name: "broken", label: "the broken one",
		command: func(workshop, netip.AddrPort, variant) []string { return []string{"false"} }}
	s := settings{libs: []library{broken}, works: []work{{name: "echo", label: "echo", Work: load.Work{Kind: load.Echo}}}, rounds: 2}
	r := s.record()
	var said strings.Builder
	workshop{}.rounds(s, r, log.New(&said, "", 0))
	if len(r.Notes) != 2 || !strings.Contains(r.Notes[0], "the broken one") || len(r.Samples) != 0 {
		t.Errorf("both failures are noted, and nothing else: %q, %v", r.Notes, r.Samples)
	}
	if !strings.Contains(said.String(), "round 2 of 2") {
		t.Errorf("the second round comes all the same: %q", said.String())
	}
}
