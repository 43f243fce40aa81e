package websocket

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

var standardReadAhead = Options{}.WithDefaults().ReadAhead

func put(r *readAhead, text string) (full bool) {
	return r.push(&protocol.Event{Opcode: Text, Payload: []byte(text), Last: true})
}

func wantPiece(t *testing.T, r *readAhead, want string) {
	t.Helper()
	if p, ok, _ := r.pop(); !ok || string(p.data) != want {
		t.Fatalf("the next piece must be %q; got %q, %t", want, p.data, ok)
	}
}

func TestReadAheadFull(t *testing.T) {
	r := newReadAhead(4 * (pieceCost + 1))
	for i, full := range []bool{false, false, false, true} {
		if put(&r, "x") != full {
			t.Errorf("with %d of 4 pieces it must be full: %t", i+1, full)
		}
	}
	for i, full := range []bool{true, false, false, false} {
		if wantPiece(t, &r, "x"); r.isFull() != full {
			t.Errorf("after %d of 4 pieces have been removed it must be full: %t", i+1, full)
		}
	}
}

func TestReadAheadEmptyPieces(t *testing.T) {
	r := newReadAhead(standardReadAhead)
	n := 1
	for ; !put(&r, "") && n < 1_000_000; n++ {
	}
	if n != standardReadAhead/pieceCost {
		t.Errorf("it must be full with %d empty pieces; it was full with %d", standardReadAhead/pieceCost, n)
	}
}

func TestReadAheadCopiesBorrowedPayloads(t *testing.T) {
	r := newReadAhead(standardReadAhead)
	borrowed, owned := []byte("borrowed"), []byte("owned")
	r.push(&protocol.Event{Payload: borrowed})
	r.push(&protocol.Event{Payload: owned, Owned: true})
	copy(borrowed, "????????")
	wantPiece(t, &r, "borrowed")
	if p, _, _ := r.pop(); &p.data[0] != &owned[0] {
		t.Error("an owned payload must not be copied")
	}
}

func TestReadAheadDropExcess(t *testing.T) {
	r := newReadAhead(2 * pieceCost)
	put(&r, "one")
	r.dropExcess()
	if put(&r, "two") || put(&r, "dropped") {
		t.Error("a queue that drops pieces must not be full")
	}
	wantPiece(t, &r, "one")
	if put(&r, "dropped too"); r.isFull() {
		t.Error("dropped pieces must not count")
	}
	wantPiece(t, &r, "two")
	if p, ok, _ := r.pop(); ok {
		t.Errorf("no piece may follow a dropped one; got %q", p.data)
	}
}

func TestReadAheadPeerClose(t *testing.T) {
	r := newReadAhead(standardReadAhead)
	put(&r, "before")
	r.peerClosed(Status{Code: 1000})
	if _, ok, end := r.pop(); !ok || end.peerClosed {
		t.Error("pieces that arrived before the peer's Close must be returned first")
	}
	if _, ok, end := r.pop(); ok || !end.peerClosed {
		t.Error("after the last piece the peer's Close must be reported")
	}
}

// The transport is read again when the application reads, any number of times, and no
// piece is lost.
func TestConnFullReadAheadStopsReading(t *testing.T) {
	withPeer(t, Options{ReadAhead: 1000}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		const messages = 300
		go func() {
			for range messages {
				_, _ = peer.Write(wiretest.TextFrame(strings.Repeat("x", 900)))
			}
		}()
		synctest.Wait()
		if held := c.held(); held > 1000+readSize+readSize/900*pieceCost {
			t.Errorf("the read-ahead must have at most its bound and one read; it has %d bytes", held)
		}
		if peer.Peer().Unread() == 0 {
			t.Error("while the read-ahead is full the transport must not be read")
		}
		for range messages {
			wantRead(t, c, strings.Repeat("x", 900))
		}
	})
}

func TestConnControlFramesWithoutReader(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, append(wiretest.TextFrame("not read yet"), wiretest.Frame(protocol.Server, protocol.Ping, []byte("there?"))...))
		if f, err := wiretest.ReadFrame(peer); err != nil || f.String() != `pong "there?"` {
			t.Fatalf("a ping must be answered; got %v, %v", f, err)
		}
		write(t, peer, wiretest.CloseFrame(4000, ""))
		if f, err := wiretest.ReadFrame(peer); err != nil || f.String() != "close 4000" {
			t.Fatalf("a Close must be answered; got %v, %v", f, err)
		}
		wantEndWithin(t, c, 1)
		wantRead(t, c, "not read yet")
		_ = wantReadError[*PeerClosed](t, c)
	})
}
