//go:build linux

package main

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAServerThatEndsIsNotWaitedFor(t *testing.T) {
	l := library{command: func(workshop, netip.AddrPort, variant) []string { return []string{"false"} }}
	if _, err := (workshop{}).start(l, variant{}, "0"); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("a server that ends at once must be told of, got: %v", err)
	}
}

func TestPortsAreFree(t *testing.T) {
	to, err := freePort()
	if err != nil || to.Port() == 0 || !to.Addr().IsLoopback() {
		t.Errorf("expected a port of this machine, got %v, %v", to, err)
	}
}
