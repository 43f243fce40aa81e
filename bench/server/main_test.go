//go:build linux

package main

import (
	"net/http/httptest"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/bench/load"
)

func TestBothApplicationsDoWhatTheLoadExpects(t *testing.T) {
	for _, w := range []load.Work{{Kind: load.Echo, Conns: 4, InFlight: 1}, {Kind: load.Fanout, Conns: 4}} {
		w.Size, w.Warm, w.Window = 64, 10*time.Millisecond, 50*time.Millisecond
		web := httptest.NewServer(linger.NewServer(handler(w.Kind == load.Fanout), linger.Options{}))
		s, err := load.Run(netip.MustParseAddrPort(web.Listener.Addr().String()), os.Getpid(), w)
		if err != nil || s.Units == 0 {
			t.Errorf("%s: %+v, %v", w.Kind, s, err)
		}
		web.Close()
	}
}

func TestBothDriversCanBeChosen(t *testing.T) {
	for lib, known := range map[string]bool{"linger": true, "linger-blocking": true, "gws": false} {
		if _, err := options(lib); (err == nil) != known {
			t.Errorf("-lib %s: %v", lib, err)
		}
	}
}

func TestMistakesOfTheCommandLine(t *testing.T) {
	for _, args := range [][]string{{"-lib", "gws"}, {"-no-such-flag"}, {"-addr", "nowhere:none"}} {
		if err := run(args); err == nil {
			t.Errorf("%q must be an error", args)
		}
	}
}
