package interop_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// cuts are the ends without a Close, with the cause by which we know them.
var cuts = map[string]protocol.Cause{doReset: protocol.CauseTransport, doFIN: protocol.CauseEOF}

func TestWeEndWithoutAClose(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for how := range cuts {
			m := p.meet(t, websocket.Options{})
			m.exchange(t)
			m.cut(t, how)
			wantAbnormal(t, m.outcome(t), how)
			if got, want := wantReport(t, m.ended), p.afterCut(how); got.Code != want.Code || got.Clean != want.Clean {
				t.Errorf("%s: the peer must report %v; got %v", how, want, got)
			}
		}
	})
}

func TestTheyEndWithoutAClose(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for how, cause := range cuts {
			m := p.meet(t, websocket.Options{})
			m.exchange(t)
			if !p.can(t, m, how) {
				continue
			}
			end := m.outcome(t)
			wantAbnormal(t, end, how)
			if end.Cause != cause {
				t.Errorf("%s: the cause must be %s; got %s, %v", how, cause, end.Cause, end.Err)
			}
		}
	})
}

// afterCut returns what the peer reports after an end without a Close: 1006 (RFC 6455, section 7.1.5), or nothing where
// the API has only the error of TCP.
func (p pair) afterCut(how string) report {
	switch p.name {
	case "coder", "gobwas", "gws":
		return report{}
	case "gorilla":
		if how == doReset {
			return report{}
		}
	}
	r := report{Code: 1006, Clean: "not clean"}
	if p.expect(weClose, websocket.Status{Code: 1000}).theirs.Clean == "" {
		r.Clean = ""
	}
	return r
}

// exchange waits until a message has come back, so that both ends are known to be open and nothing is unread.
func (m *meeting) exchange(t *testing.T) {
	t.Helper()
	m.send(t, textOf(20))
	wantMessage(t, m.receive(t), textOf(20))
}

// cut ends our end's TCP without a Close: by a FIN, or by a reset.
func (m *meeting) cut(t *testing.T, how string) {
	t.Helper()
	if how == doReset {
		_ = m.transport.Close() // or the kernel would wait for this descriptor
		m.closeNow()
		return
	}
	if err := m.transport.CloseWrite(); err != nil {
		t.Fatalf("our transport must be open; got %v", err)
	}
	_ = m.transport.CloseRead() // fails if the peer has ended its direction by now
	_ = m.transport.Close()
}

// another returns a second descriptor of a connection: who drives it may close the first, and go on with one of its own.
func another(nc net.Conn) (*net.TCPConn, error) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil, fmt.Errorf("tests cut TCP; got %T", nc)
	}
	file, err := tcp.File()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	second, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	tcp, _ = second.(*net.TCPConn)
	return tcp, nil
}

func wantAbnormal(t *testing.T, end websocket.Outcome, how string) {
	t.Helper()
	if end.Received.Code != websocket.CloseAbnormal || end.Clean || end.First != protocol.Neither {
		t.Errorf("%s: we must report 1006, not clean, closed by neither; got %v, clean: %v, first: %v", how, end.Received, end.Clean, end.First)
	}
}
