package interop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
)

// pongsAreEmpty tells that the peer's own answer to a ping lacks the payload (against RFC 6455, section 5.5.3), so that it is
// no answer to a ping with one.
func (p pair) pongsAreEmpty() bool { return p.name == "gws" }

func TestOurPingsAreAnswered(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.meet(t, websocket.Options{})
		if m.conn == nil {
			t.Log("the runtime pings by itself")
			return
		}
		wantPong(t, p, m)
		m.exchange(t)
	})
}

func TestTheirPingsAreAnswered(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.meet(t, websocket.Options{})
		if p.can(t, m, doPing) {
			wantMessage(t, m.receive(t), message{data: []byte("pong:" + pingPayload)})
		}
	})
}

// wantPong pings the peer and waits for its pong.
func wantPong(t *testing.T, p pair, m *meeting) {
	t.Helper()
	if !p.pongsAreEmpty() {
		if err := m.conn.Ping(within(t)); err != nil {
			t.Fatalf("the peer must answer a ping; got %v", err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := m.conn.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a pong without the ping's payload is no answer; got %v", err)
	}
}
