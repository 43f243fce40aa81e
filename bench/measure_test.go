//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestPinned(t *testing.T) {
	for _, c := range []struct {
		machine, server int
		servers, load   string
	}{
		{2, 1, "0-0", "1"},
		{2, 2, "0-1", "1"}, // they overlap
		{8, 2, "0-1", "7"},
		{1, 2, "0-0", "0"},
	} {
		if servers, load := pinned(c.machine, c.server); servers != c.servers || load != c.load {
			t.Errorf("pinned(%d, %d) = %s, %s, expected %s, %s",
				c.machine, c.server, servers, load, c.servers, c.load)
		}
	}
}

func TestRunLoadErrors(t *testing.T) {
	var out strings.Builder
	if err := runLoad("not JSON", &out); err == nil {
		t.Error("runLoad with a request that is not JSON returned no error")
	}
	if err := runLoad(`{"To": "127.0.0.1:1", "PID": 1, "Work": {"Kind": "echo", "Conns": 1}}`, &out); err == nil {
		t.Error("runLoad without a server returned no error")
	}
}
