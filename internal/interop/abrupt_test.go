package interop_test

import (
	"errors"
	"fmt"
	"net"
	"syscall"
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
			wantAbnormal(t, m.cut(t, how), how)
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

// cut ends the TCP of our end without a Close, by a FIN or by a reset, and returns the outcome that our end reports.
func (m *meeting) cut(t *testing.T, how string) websocket.Outcome {
	t.Helper()
	if how == doReset {
		_ = m.transport.Close() // an open second descriptor would keep the kernel from sending the reset
		m.closeNow()
		return m.outcome(t)
	}
	// The FIN follows the report: gws sends a Close with 1000 when it reads a FIN, which our end could still receive.
	if err := m.transport.CloseRead(); err != nil {
		t.Fatalf("our transport must be open; got %v", err)
	}
	end := m.outcome(t)
	if err := m.transport.CloseWrite(); err != nil && !errors.Is(err, syscall.ENOTCONN) {
		t.Errorf("our transport must send a FIN; got %v", err)
	}
	_ = m.transport.Close()
	return end
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
