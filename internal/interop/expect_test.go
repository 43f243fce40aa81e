package interop_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// closer is the end that closes first.
type closer string

const (
	weClose    closer = "we"
	peerCloses closer = "peer"
)

// expectation is what both ends report about a closing handshake.
type expectation struct {
	ours, peers report
	cannot      bool // whether the peer's API refuses to send this Close
}

// expect returns what both ends should report: the code and the reason of the first Close (RFC 6455, sections 5.5.1 and
// 7.1.5) and a clean end (section 7.1.4), unless the peer has a quirk.
func (p pair) expect(by closer, s websocket.Status) expectation {
	same := report{Code: int(s.Code), Reason: s.Reason, Clean: "clean"}
	e := expectation{ours: same, peers: same}
	for _, q := range p.quirks(by) {
		q.change(&e, s)
	}
	return e
}

// quirk is a deviation of a peer from the RFC, a behaviour that the RFC allows and we do not have, or a limitation of the
// peer's API.
type quirk struct {
	peers  []string
	role   role   // the role to which the quirk applies; empty for all
	by     closer // the end that closes first; empty for either
	change func(e *expectation, s websocket.Status)
	why    string // the explanation in the table; empty if the other columns suffice
}

var quirks = []quirk{
	{
		peers:  []string{"gorilla", "coder", "gobwas", "gws"},
		change: func(e *expectation, _ websocket.Status) { e.peers.Clean = "" },
	},
	{
		peers: []string{"bun"}, role: dialled,
		change: func(e *expectation, _ websocket.Status) { e.peers.Clean = "" },
	},
	{
		peers: []string{"gorilla", "gobwas", "gws", "undici"}, by: weClose,
		change: func(e *expectation, _ websocket.Status) { e.ours.Reason = "" },
		why:    "answers without the reason, which RFC 6455, section 5.5.1, allows",
	},
	{
		peers: []string{"gws"}, by: weClose,
		change: func(e *expectation, s websocket.Status) {
			if s.Code < 1016 {
				e.ours.Code = 1000
			}
		},
		why: "answers 1001 with 1000; according to the same section the code is typically the same",
	},
	{
		peers: []string{"gws"}, by: peerCloses,
		change: func(e *expectation, _ websocket.Status) { e.peers = report{} },
		why:    "ends TCP immediately after its Close and does not read the answer; according to RFC 6455, section 5.5.1, TCP ends after both",
	},
	{
		peers: []string{"gws"}, by: peerCloses,
		change: sendsNoEmptyClose,
		why:    "sends 1000 if no code is given",
	},
	{
		peers: []string{"bun"}, role: dialled, by: peerCloses,
		change: func(e *expectation, s websocket.Status) {
			sendsNoEmptyClose(e, s)
			e.peers.Code = e.ours.Code
		},
		why: "sends 1000 if no code is given",
	},
	{
		peers: []string{"coder"}, by: peerCloses,
		change: func(e *expectation, _ websocket.Status) { e.peers.Reason = "" },
		why:    "reports only whether the answer has the same code",
	},
	{
		peers: []string{"undici"}, by: peerCloses,
		change: func(e *expectation, s websocket.Status) { e.cannot = s.Code == 1001 },
		why:    "pages may send 1000 and 3000 to 4999 only",
	},
}

// sendsNoEmptyClose is the quirk of a peer that sends 1000 instead of an empty Close.
func sendsNoEmptyClose(e *expectation, s websocket.Status) {
	if s.Code == websocket.CloseNoStatus {
		e.ours.Code = 1000
	}
}

// quirks returns the quirks of the peer in this role.
func (p pair) quirks(by closer) []quirk {
	var found []quirk
	for _, q := range quirks {
		if slices.Contains(q.peers, p.name) && (q.role == "" || q.role == p.role) && (q.by == "" || q.by == by) {
			found = append(found, q)
		}
	}
	return found
}

// incapable lists the commands for which a peer has no API.
var incapable = map[string][]string{
	"undici": {doFragments, doReset, doFIN},
	"bun":    {doFragments, doReset},
}

// can sends a command that some APIs do not support. If the peer's API does not support it, can waits for the message
// cannot and returns false.
func (p pair) can(t *testing.T, m *connection, do string) bool {
	t.Helper()
	m.send(t, command{Do: do}.message())
	if !slices.Contains(incapable[p.name], do) {
		return true
	}
	wantMessage(t, m.receive(t), cannot)
	return false
}

// cannot is the peer's answer to a command that its API does not support.
var cannot = message{data: []byte("cannot")}
