//go:build linux

package main

import (
	"net/netip"
	"strings"
	"testing"
)

func TestStartServerThatEnds(t *testing.T) {
	l := library{command: func(workspace, netip.AddrPort, variant) []string { return []string{"false"} }}
	if _, err := (workspace{}).start(l, variantEcho, "0"); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("start of a server that ends at once returns %v, expected an error", err)
	}
}

func TestFreePort(t *testing.T) {
	to, err := freePort()
	if err != nil || to.Port() == 0 || !to.Addr().IsLoopback() {
		t.Errorf("freePort = %v, %v, expected a loopback address with a port", to, err)
	}
}
