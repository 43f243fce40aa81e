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

// abruptEnds are the ways to end TCP without a Close, with the causes that we report.
var abruptEnds = map[string]protocol.Cause{doReset: protocol.CauseTransport, doFIN: protocol.CauseEOF}

func TestAbruptEndOurs(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for how := range abruptEnds {
			m := p.connect(t, websocket.Options{})
			m.exchange(t)
			wantAbnormal(t, m.endTCP(t, how), how)
			if got, want := wantReport(t, m.ended), p.afterAbruptEnd(how); got.Code != want.Code || got.Clean != want.Clean {
				t.Errorf("%s: the peer reports %v, expected %v", how, got, want)
			}
		}
	})
}

func TestAbruptEndPeers(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		for how, cause := range abruptEnds {
			m := p.connect(t, websocket.Options{})
			m.exchange(t)
			if !p.can(t, m, how) {
				continue
			}
			end := m.outcome(t)
			wantAbnormal(t, end, how)
			if end.Cause != cause {
				t.Errorf("%s: the cause is %s, %v; expected %s", how, end.Cause, end.Err, cause)
			}
		}
	})
}

// afterAbruptEnd returns what the peer reports after an end without a Close: 1006 (RFC 6455, section 7.1.5), or nothing if
// its API returns the error of TCP.
func (p pair) afterAbruptEnd(how string) report {
	switch p.name {
	case "coder", "gobwas", "gws":
		return report{}
	case "gorilla":
		if how == doReset {
			return report{}
		}
	}
	r := report{Code: 1006, Clean: "not clean"}
	if p.expect(weClose, websocket.Status{Code: 1000}).peers.Clean == "" {
		r.Clean = ""
	}
	return r
}

// exchange sends a message and waits for its echo. After that both ends are open, and nothing is unread.
func (m *connection) exchange(t *testing.T) {
	t.Helper()
	m.send(t, textOf(20))
	wantMessage(t, m.receive(t), textOf(20))
}

// endTCP ends TCP at our end without a Close, with a FIN or an RST, and returns the outcome that our end reports.
func (m *connection) endTCP(t *testing.T, how string) websocket.Outcome {
	t.Helper()
	if how == doReset {
		_ = m.transport.Close() // with an open second descriptor the kernel would not send the RST
		m.closeNow()
		return m.outcome(t)
	}
	// The FIN is sent after the outcome is known: gws answers a FIN with a Close, which our end could otherwise receive.
	if err := m.transport.CloseRead(); err != nil {
		t.Fatalf("CloseRead of our transport returns %v", err)
	}
	end := m.outcome(t)
	if err := m.transport.CloseWrite(); err != nil && !errors.Is(err, syscall.ENOTCONN) {
		t.Errorf("CloseWrite of our transport returns %v", err)
	}
	_ = m.transport.Close()
	return end
}

// duplicate returns a second descriptor of a connection, because the driver may close the first and use a descriptor of
// its own.
func duplicate(nc net.Conn) (*net.TCPConn, error) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil, fmt.Errorf("the connection is a %T, not TCP", nc)
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
		t.Errorf("%s: we report %v, clean: %v, first: %v; expected 1006, not clean, neither", how, end.Received, end.Clean, end.First)
	}
}
