//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestServerAndLoadHaveTheirCores(t *testing.T) {
	for _, c := range []struct {
		machine, server int
		servers, load   string
	}{
		{2, 1, "0-0", "1"},
		{2, 2, "0-1", "1"}, // they share
		{8, 2, "0-1", "7"},
		{1, 2, "0-0", "0"},
	} {
		if servers, load := pinned(c.machine, c.server); servers != c.servers || load != c.load {
			t.Errorf("%d cores, %d of them the server's: expected %s and %s, got %s and %s",
				c.machine, c.server, c.servers, c.load, servers, load)
		}
	}
}

func TestOrdersThatCannotBeObeyed(t *testing.T) {
	var said strings.Builder
	if err := obey("at once", &said); err == nil {
		t.Error("an order that is no JSON must be an error")
	}
	if err := obey(`{"To": "127.0.0.1:1", "PID": 1, "Work": {"Kind": "echo", "Conns": 1}}`, &said); err == nil {
		t.Error("a server that is not there must be an error")
	}
}
