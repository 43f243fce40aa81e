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
		for range 3 {
			if err := near.Ping(within(t, time.Second)); err != nil {
				t.Errorf("the far end must answer although its application does not read; got %v", err)
			}
		}
	})
}

// startPing calls Ping, and returns its result and the frame that the peer has received.
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

// A peer may answer only the last of several pings (RFC 6455, section 5.5.3).
func TestConnPingAnsweredByLaterPong(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		first, _ := startPing(t.Context(), t, c, peer)
		second, sent := startPing(t.Context(), t, c, peer)
		third, _ := startPing(within(t, time.Second), t, c, peer)
		write(t, peer, pong(sent.Payload))
		if err := errors.Join(<-first, <-second); err != nil {
			t.Errorf("the answer to the second ping must complete the first too; got %v", err)
		}
		if err := <-third; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the third ping must wait until its context ends; got %v", err)
		}
		if len(c.pings.waiting) > 0 {
			t.Errorf("a cancelled ping must be removed; %d are left", len(c.pings.waiting))
		}
	})
}

func TestConnPingAfterPeerClose(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		result, _ := startPing(t.Context(), t, c, peer)
		write(t, peer, wiretest.CloseFrame(4000, ""))
		if e, ok := errors.AsType[*PeerClosed](<-result); !ok || e.Code != 4000 {
			t.Errorf("Ping must return the error of the end; got %v", e)
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
