package interop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// codes are one of each kind: normal, going away, registered, private (RFC 6455, section 7.4).
var codes = []websocket.CloseCode{1000, 1001, 3000, 4999}

// longest is a reason that fills its frame (RFC 6455, section 5.5), most of it not ASCII.
var longest = strings.Repeat("schließt ", 12) + "!!!"

func closes() []websocket.Status {
	all := []websocket.Status{{Code: 1000, Reason: longest}}
	for _, code := range codes {
		all = append(all, websocket.Status{Code: code}, websocket.Status{Code: code, Reason: "done"})
	}
	return all
}

func TestWeClose(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for _, s := range closes() {
			m, want := p.meet(t, websocket.Options{}), p.expect(weClose, s)
			m.close(t, s)
			end := m.outcome(t)
			wantOutcome(t, s, end, want.ours)
			if end.Sent != s || end.First != protocol.Local {
				t.Errorf("%v: we have sent it and were first; got %v, first: %v", s, end.Sent, end.First)
			}
			wantTheirs(t, s, m.ended, want.theirs)
		}
	})
}

func TestTheyClose(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for _, s := range closes() {
			m, want := p.meet(t, websocket.Options{}), p.expect(theyClose, s)
			m.send(t, command{Do: doClose, Code: int(s.Code), Reason: s.Reason}.message())
			if want.cannot {
				wantMessage(t, m.receive(t), cannot)
				continue
			}
			end := m.outcome(t)
			wantOutcome(t, s, end, want.ours)
			if end.Sent != s || end.First != protocol.Remote {
				t.Errorf("%v: our answer must repeat it, and they were first; got %v, first: %v", s, end.Sent, end.First)
			}
			wantTheirs(t, s, m.ended, want.theirs)
		}
	})
}

func TestTheyCloseWithAnEmptyClose(t *testing.T) {
	empty := websocket.Status{Code: websocket.CloseNoStatus} // RFC 6455, section 7.1.5
	eachPair(t, func(t *testing.T, p pair) {
		m, want := p.meet(t, websocket.Options{}), p.expect(theyClose, empty)
		m.send(t, command{Do: doClose}.message())
		wantOutcome(t, empty, m.outcome(t), want.ours)
		wantTheirs(t, empty, m.ended, want.theirs)
	})
}

// wantOutcome compares how a connection ended for us.
func wantOutcome(t *testing.T, s websocket.Status, end websocket.Outcome, want report) {
	t.Helper()
	got := report{Code: int(end.Received.Code), Reason: end.Received.Reason, Clean: "not clean"}
	if end.Clean {
		got.Clean = "clean"
	}
	if got != want {
		t.Errorf("%v: we must report %v; got %v, cause %s, %v", s, want, got, end.Cause, end.Err)
	}
}

// wantTheirs compares how a connection ended for the peer.
func wantTheirs(t *testing.T, s websocket.Status, ended <-chan report, want report) {
	t.Helper()
	if got := wantReport(t, ended); got != want {
		t.Errorf("%v: the peer must report %v; got %v", s, want, got)
	}
}

func (r report) String() string {
	if r == (report{}) {
		return "nothing"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %q %s", r.Code, r.Reason, r.Clean))
}
