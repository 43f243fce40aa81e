package interop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
)

// pongsAreEmpty reports whether the peer's pongs lack the payload of the ping, in violation of RFC 6455, section 5.5.3.
func (p pair) pongsAreEmpty() bool { return p.name == "gws" }

func TestPingOurs(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.connect(t, websocket.Options{})
		if m.conn == nil {
			t.Log("the runtime has no API for pings")
			return
		}
		wantPong(t, p, m)
		m.exchange(t)
	})
}

func TestPingPeers(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.connect(t, websocket.Options{})
		if p.can(t, m, doPing) {
			wantMessage(t, m.receive(t), message{data: []byte("pong:" + pingPayload)})
		}
	})
}

// wantPong pings the peer and waits for its pong.
func wantPong(t *testing.T, p pair, m *connection) {
	t.Helper()
	if !p.pongsAreEmpty() {
		if err := m.conn.Ping(within(t)); err != nil {
			t.Fatalf("Ping returns %v", err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := m.conn.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Ping with a pong without the payload returns %v, expected the deadline to expire", err)
	}
}
