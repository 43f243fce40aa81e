package main

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lingerws/linger/internal/proxyends"
)

// endsCommands play the table of ends by the proxy of a script:
//
//	sides                   begins to listen for the proxy's connections; sets SIDES to the address, with ws://
//	everyend GONE           plays every case; GONE is what a client sees of a backend that is lost
//	muteends                plays those in which a side says nothing more
func endsCommands() map[string]scriptCommand {
	var backend *proxyends.Backend
	return map[string]scriptCommand{
		"sides": command(0, func(ts *testscript.TestScript, _ []string) {
			var err error
			backend, err = proxyends.NewBackend()
			ts.Check(err)
			ts.Defer(backend.Close)
			ts.Setenv("SIDES", "ws://"+backend.Addr())
		}),
		"everyend": command(1, func(ts *testscript.TestScript, args []string) {
			playEnds(ts, backend, proxyends.Cases(args[0], proxyends.Cut))
		}),
		"muteends": command(0, func(ts *testscript.TestScript, _ []string) {
			playEnds(ts, backend, proxyends.Mute())
		}),
	}
}

func playEnds(ts *testscript.TestScript, backend *proxyends.Backend, cases []proxyends.Case) {
	for _, c := range cases {
		pair, err := backend.Open(ts.Getenv("ADDRESS"), 10*time.Second)
		ts.Check(err)
		seen, err := pair.Play(c)
		pair.Close()
		for _, line := range c.Differences(seen) {
			ts.Fatalf("%s: %s", c.Name, line)
		}
		ts.Check(err)
	}
}
