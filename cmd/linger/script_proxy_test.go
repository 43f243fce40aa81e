package main

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lingerws/linger/internal/proxyends"
)

// proxyCommands are script commands that play the cases of package proxyends with the proxy that the script has started:
//
//	sides                   starts a backend for the cases; sets SIDES to its address, with ws://
//	everyend LOST           plays every case; LOST is what a client receives when the backend is lost
//	muteends                plays the cases in which a side stops sending
func proxyCommands() map[string]scriptCommand {
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
			playEnds(ts, backend, proxyends.Cases(args[0], proxyends.ClientLost))
		}),
		"muteends": command(0, func(ts *testscript.TestScript, _ []string) {
			playEnds(ts, backend, proxyends.Silent())
		}),
	}
}

// playEnds plays cases and fails the script at the first difference.
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
