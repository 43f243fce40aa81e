package interop_test

import (
	"testing"
	"time"
)

// patience bounds what a test waits for. Nothing takes this long unless it is broken.
const patience = 20 * time.Second

// peer is another implementation. What it opens is an echo that obeys commands; the report tells how one connection
// ended for it.
type peer struct {
	name  string
	serve func(t *testing.T, v variant) (url string, ended <-chan report) // nil: it is a client only
	dial  func(t *testing.T, url string, v variant) (ended <-chan report)
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

// report is what a peer's API tells of the end.
type report struct {
	Code   int    `json:"code"` // 0: it tells no code
	Reason string `json:"reason"`
	Clean  string `json:"clean"` // "clean" or "not clean"; empty: it does not tell
}

// variant is what both ends are asked to agree on.
type variant struct{ compressed bool }

// variants are those that all tests run in.
var variants = []variant{{compressed: false}, {compressed: true}}

func (v variant) String() string {
	if v.compressed {
		return "compressed"
	}
	return "plain"
}

// role is how our end comes about.
type role string

const (
	dialled  role = "Dial"   // our client and its server
	accepted role = "Accept" // its client and our connection
	served   role = "Server" // its client and our runtime
)

func (p peer) roles() []role {
	if p.serve == nil {
		return []role{accepted, served}
	}
	return []role{dialled, accepted, served}
}

// pair is one of us and one of them.
type pair struct {
	peer
	role
	variant
}

// eachPair runs a test for every peer in every role.
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
			t.Fatal("the peer must report how the connection ended; its process has ended")
		}
		return r
	case <-time.After(patience):
		t.Fatal("the peer must report how the connection ended; it does not")
		return report{}
	}
}
