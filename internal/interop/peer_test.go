package interop_test

import (
	"testing"
	"time"
)

// timeout bounds each wait.
const timeout = 20 * time.Second

// peer is another implementation. It echoes messages and carries out commands, and reports how each connection ended.
type peer struct {
	name  string
	serve func(t *testing.T, v variant) (url string, ended <-chan report) // starts a server; nil for a client only
	dial  func(t *testing.T, url string, v variant) (ended <-chan report) // starts a client
}

var peers = []peer{
	gorillaPeer, coderPeer, gobwasPeer, gwsPeer,
	scriptPeer("ws", "node", "ws.mjs"),
	clientOnly(scriptPeer("undici", "node", "undici.mjs")),
	scriptPeer("bun", bunPath, "bun.mjs"),
}

func clientOnly(p peer) peer {
	p.serve = nil
	return p
}

// report is what a peer's API reports about the end of a connection.
type report struct {
	Code   int    `json:"code"` // 0 if the API reports no code
	Reason string `json:"reason"`
	Clean  string `json:"clean"` // "clean" or "not clean"; empty if the API does not report it
}

// variant is what both ends negotiate.
type variant struct{ compressed bool }

// variants are the variants in which all tests run.
var variants = []variant{{compressed: false}, {compressed: true}}

func (v variant) String() string {
	if v.compressed {
		return "compressed"
	}
	return "plain"
}

// role is the kind of our end.
type role string

const (
	dialled  role = "Dial"   // our client, with the peer's server
	accepted role = "Accept" // a server of package websocket, with the peer's client
	served   role = "Server" // a server of the runtime, with the peer's client
)

func (p peer) roles() []role {
	if p.serve == nil {
		return []role{accepted, served}
	}
	return []role{dialled, accepted, served}
}

// pair is a peer with a role of our end and a variant.
type pair struct {
	peer
	role
	variant
}

// eachPair runs a test with every peer in every role and variant.
func eachPair(t *testing.T, test func(t *testing.T, p pair)) {
	for _, v := range variants {
		for _, other := range peers {
			for _, r := range other.roles() {
				t.Run(v.String()+"/"+other.name+"/"+string(r), func(t *testing.T) { test(t, pair{other, r, v}) })
			}
		}
	}
}

// wantReport waits for the peer's report.
func wantReport(t *testing.T, ended <-chan report) report {
	t.Helper()
	select {
	case r, ok := <-ended:
		if !ok {
			t.Fatal("the process of the peer has ended without a report")
		}
		return r
	case <-time.After(timeout):
		t.Fatal("the peer does not report how the connection ended")
		return report{}
	}
}
