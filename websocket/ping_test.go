package websocket

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestConnPing(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, _ *Conn) {
		for range 3 { // nobody reads
			if err := near.Ping(within(t, time.Second)); err != nil {
				t.Errorf("the far end must answer although nobody reads there; got %v", err)
			}
		}
	})
}

// startPing returns the result of a ping and the frame the peer got.
func startPing(ctx context.Context, t *testing.T, c *Conn, peer *memconn.Conn) (result chan error, sent wiretest.Received) {
	t.Helper()
	result = make(chan error, 1)
	go func() { result <- c.Ping(ctx) }()
	f, err := wiretest.ReadFrame(peer)
	if err != nil || f.Op != protocol.Ping {
		t.Fatalf("the peer must get a ping; got %v, %v", f, err)
	}
	return result, f
}

func pong(payload []byte) []byte {
	return wiretest.Frame(protocol.Server, protocol.Pong, bytes.Clone(payload))
}

func TestConnPingIgnoresOtherPongs(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		result, sent := startPing(t.Context(), t, c, peer)
		ahead := binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(sent.Payload)+1)
		for _, payload := range [][]byte{nil, {1}, make([]byte, 8), ahead, make([]byte, 125)} {
			write(t, peer, pong(payload))
			if synctest.Wait(); len(result) > 0 {
				t.Fatalf("a pong of % x must not answer a ping of % x", payload, sent.Payload)
			}
		}
		write(t, peer, pong(sent.Payload))
		if err := <-result; err != nil {
			t.Errorf("a ping that is answered must return nil; got %v", err)
		}
	})
}

// TestConnPingAnsweredByLaterPong: RFC 6455, section 5.5.3.
func TestConnPingAnsweredByLaterPong(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		first, _ := startPing(t.Context(), t, c, peer)
		second, sent := startPing(t.Context(), t, c, peer)
		third, _ := startPing(within(t, time.Second), t, c, peer)
		write(t, peer, pong(sent.Payload))
		if err := errors.Join(<-first, <-second); err != nil {
			t.Errorf("the answer to the second must be one to the first; got %v", err)
		}
		if err := <-third; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the third must wait for its context; got %v", err)
		}
		if len(c.pings.waiting) > 0 {
			t.Errorf("a ping that gave up must be forgotten; %d are not", len(c.pings.waiting))
		}
	})
}

func TestConnPingAfterPeerClose(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		result, _ := startPing(t.Context(), t, c, peer)
		write(t, peer, wiretest.CloseFrame(4000, ""))
		if e, ok := errors.AsType[*PeerClosed](<-result); !ok || e.Code != 4000 {
			t.Errorf("a ping must be told how the connection ended; got %v", e)
		}
	})
}

func TestConnPingPongBeforeEnd(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		result, sent := startPing(t.Context(), t, c, peer)
		write(t, peer, append(pong(sent.Payload), wiretest.CloseFrame(4000, "")...))
		if err := <-result; err != nil {
			t.Errorf("a ping that was answered before the end must return nil; got %v", err)
		}
	})
}
