package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// codes has one code of each kind: normal, going away, registered and private (RFC 6455, section 7.4).
var codes = []websocket.CloseCode{1000, 1001, 3000, 4999}

// longReason has the maximum length (RFC 6455, section 5.5). Most of its characters are not ASCII.
var longReason = strings.Repeat("schließt ", 12) + "!!!"

// closes returns the statuses to test with.
func closes() []websocket.Status {
	all := []websocket.Status{{Code: 1000, Reason: longReason}}
	for _, code := range codes {
		all = append(all, websocket.Status{Code: code}, websocket.Status{Code: code, Reason: "done"})
	}
	return all
}

func TestCloseOurs(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for _, s := range closes() {
			m, want := p.connect(t, websocket.Options{}), p.expect(weClose, s)
			m.close(t, s)
			end := m.outcome(t)
			wantOutcome(t, s, end, want.ours)
			if end.Sent != s || end.First != protocol.Local {
				t.Errorf("%v: our outcome has sent %v, first %v; expected the same status and local", s, end.Sent, end.First)
			}
			wantPeerReport(t, s, m.ended, want.peers)
		}
	})
}

func TestClosePeers(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for _, s := range closes() {
			m, want := p.connect(t, websocket.Options{}), p.expect(peerCloses, s)
			m.send(t, command{Do: doClose, Code: int(s.Code), Reason: s.Reason}.message())
			if want.cannot {
				wantMessage(t, m.receive(t), cannot)
				continue
			}
			end := m.outcome(t)
			wantOutcome(t, s, end, want.ours)
			if end.Sent != s || end.First != protocol.Remote {
				t.Errorf("%v: our outcome has sent %v, first %v; expected the same status and remote", s, end.Sent, end.First)
			}
			wantPeerReport(t, s, m.ended, want.peers)
		}
	})
}

func TestClosePeersEmpty(t *testing.T) {
	empty := websocket.Status{Code: websocket.CloseNoStatus} // RFC 6455, section 7.1.5
	eachPair(t, func(t *testing.T, p pair) {
		m, want := p.connect(t, websocket.Options{}), p.expect(peerCloses, empty)
		m.send(t, command{Do: doClose}.message())
		wantOutcome(t, empty, m.outcome(t), want.ours)
		wantPeerReport(t, empty, m.ended, want.peers)
	})
}

// wantOutcome compares the outcome of our end.
func wantOutcome(t *testing.T, s websocket.Status, end websocket.Outcome, want report) {
	t.Helper()
	got := report{Code: int(end.Received.Code), Reason: end.Received.Reason, Clean: "not clean"}
	if end.Clean {
		got.Clean = "clean"
	}
	if got != want {
		t.Errorf("%v: we report %v, cause %s, %v; expected %v", s, got, end.Cause, end.Err, want)
	}
}

// wantPeerReport compares the report of the peer.
func wantPeerReport(t *testing.T, s websocket.Status, ended <-chan report, want report) {
	t.Helper()
	if got := wantReport(t, ended); got != want {
		t.Errorf("%v: the peer reports %v, expected %v", s, got, want)
	}
}

func (r report) String() string {
	if r == (report{}) {
		return "nothing"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %q %s", r.Code, r.Reason, r.Clean))
}
