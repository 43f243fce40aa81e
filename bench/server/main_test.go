//go:build linux

package main

import (
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/bench/load"
	"github.com/lingerws/linger/websocket"
)

func TestHandler(t *testing.T) {
	for _, w := range []load.Work{{Kind: load.Echo, Conns: 4, InFlight: 1}, {Kind: load.Fanout, Conns: 4}} {
		w.Size, w.Warm, w.Window = 64, 10*time.Millisecond, 50*time.Millisecond
		web := httptest.NewServer(linger.NewServer(handler(w.Kind == load.Fanout), linger.Options{}))
		s, err := load.Run(netip.MustParseAddrPort(web.Listener.Addr().String()), os.Getpid(), w)
		if err != nil || s.Units == 0 {
			t.Errorf("%s: load.Run returns %+v, %v, expected units without an error", w.Kind, s, err)
		}
		web.Close()
	}
}

func TestParse(t *testing.T) {
	for line, want := range map[string]settings{
		"":                     {address: "127.0.0.1:9001"},
		"-lib linger -fanout":  {fanout: true, address: "127.0.0.1:9001"},
		"-lib linger-blocking": {address: "127.0.0.1:9001"},
		"-lib linger-lending":  {address: "127.0.0.1:9001"},
		"-addr 127.0.0.1:1":    {address: "127.0.0.1:1"},
		"-deflate":             {address: "127.0.0.1:9001"},
	} {
		s, err := parse(strings.Fields(line))
		if err != nil || s.fanout != want.fanout || s.address != want.address {
			t.Errorf("parse of %q returns %+v, %v", line, s, err)
		}
		if deflate := line == "-deflate"; (s.options.Compression != nil) != deflate {
			t.Errorf("parse of %q enables compression: %v", line, !deflate)
		}
		if blocking := strings.Contains(line, "blocking"); s.options.IO == websocket.IOBlocking != blocking {
			t.Errorf("parse of %q selects the blocking driver: %v", line, s.options.IO)
		}
		if lending := strings.Contains(line, "lending"); s.options.LendPayloads != lending {
			t.Errorf("parse of %q lends payloads: %v", line, s.options.LendPayloads)
		}
	}
}

func TestRunErrors(t *testing.T) {
	for _, args := range [][]string{{"-lib", "gws"}, {"-no-such-flag"}, {"-addr", "nowhere:none"}} {
		if err := run(args); err == nil {
			t.Errorf("run with %q returned no error", args)
		}
	}
}
