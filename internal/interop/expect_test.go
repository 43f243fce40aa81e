package interop_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// closer is who closes first.
type closer string

const (
	weClose   closer = "we"
	theyClose closer = "they"
)

// expectation is what each end reports of a closing handshake.
type expectation struct {
	ours, theirs report
	cannot       bool // the peer's API refuses to send this Close
}

// expect returns what the RFC leads to, changed by the quirks of the peer: both ends report the code and the reason of the
// first Close (RFC 6455, sections 5.5.1 and 7.1.5), and a clean end (section 7.1.4).
func (p pair) expect(by closer, s websocket.Status) expectation {
	told := report{Code: int(s.Code), Reason: s.Reason, Clean: "clean"}
	e := expectation{ours: told, theirs: told}
	for _, q := range p.quirks(by) {
		q.change(&e, s)
	}
	return e
}

// quirk is where a peer leaves the RFC, or does what the RFC allows and we do not, or where its API tells less.
type quirk struct {
	peers  []string
	role   role   // empty: each
	by     closer // empty: either
	change func(e *expectation, s websocket.Status)
	why    string // for the table; empty where its cells tell
}

var quirks = []quirk{
	{
		peers:  []string{"gorilla", "coder", "gobwas", "gws"},
		change: func(e *expectation, _ websocket.Status) { e.theirs.Clean = "" },
	},
	{
		peers: []string{"bun"}, role: dialled,
		change: func(e *expectation, _ websocket.Status) { e.theirs.Clean = "" },
	},
	{
		peers: []string{"gorilla", "gobwas", "gws", "undici"}, by: weClose,
		change: func(e *expectation, _ websocket.Status) { e.ours.Reason = "" },
		why:    "answers without the reason, which RFC 6455, section 5.5.1 allows",
	},
	{
		peers: []string{"gws"}, by: weClose,
		change: func(e *expectation, s websocket.Status) {
			if s.Code < 1016 {
				e.ours.Code = 1000
			}
		},
		why: "answers 1001 with 1000; the same section: typically the same code",
	},
	{
		peers: []string{"gws"}, by: theyClose,
		change: func(e *expectation, _ websocket.Status) { e.theirs = report{} },
		why:    "ends TCP right behind its Close and reads no answer; RFC 6455, section 5.5.1: after both",
	},
	{
		peers: []string{"gws"}, by: theyClose,
		change: sendsNoEmptyClose,
		why:    "sends 1000 where it is given no code",
	},
	{
		peers: []string{"bun"}, role: dialled, by: theyClose,
		change: func(e *expectation, s websocket.Status) {
			sendsNoEmptyClose(e, s)
			e.theirs.Code = e.ours.Code
		},
		why: "sends 1000 where it is given no code",
	},
	{
		peers: []string{"coder"}, by: theyClose,
		change: func(e *expectation, _ websocket.Status) { e.theirs.Reason = "" },
		why:    "tells of the answer only whether it has the same code",
	},
	{
		peers: []string{"undici"}, by: theyClose,
		change: func(e *expectation, s websocket.Status) { e.cannot = s.Code == 1001 },
		why:    "pages may send 1000 and 3000 to 4999 only",
	},
}

func sendsNoEmptyClose(e *expectation, s websocket.Status) {
	if s.Code == websocket.CloseNoStatus {
		e.ours.Code = 1000
	}
}

// quirks returns those of the peer in this role.
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

// can sends a command that not every API knows. If the peer's does not, it must say so; then can returns false.
func (p pair) can(t *testing.T, m *meeting, do string) bool {
	t.Helper()
	m.send(t, command{Do: do}.message())
	if !slices.Contains(incapable[p.name], do) {
		return true
	}
	wantMessage(t, m.receive(t), cannot)
	return false
}

// cannot is a peer's answer to a command that its API cannot carry out.
var cannot = message{data: []byte("cannot")}
