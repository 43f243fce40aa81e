package driver

import (
	"bufio"
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// The kernel accepts the message and our Close at once, and delivers them to a slow peer for
// longer than CloseTimeout. The test lets the timer end, so it does not depend on time.
func TestDriverWaitsForBytesInKernel(t *testing.T) {
	t.Parallel()
	const size = 256 << 10
	near, peer := wiretest.WirePair(t)
	_ = near.SetWriteBuffer(1 << 20)
	_ = peer.SetReadBuffer(64 << 10)
	_ = peer.SetDeadline(time.Now().Add(wiretest.Bound))
	f := &wiretest.Far{Conn: peer, TCP: peer, Role: protocol.Server}
	d := New(near, protocol.Server, nil, unbounded(Options{KeepAlive: -1}))
	h := quiet{newEnds()}
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })

	_, _ = d.Send(protocol.Binary, make([]byte, size))
	_ = d.Close(4001, "")
	if queued := d.Queued(); queued > 0 {
		t.Fatalf("the kernel must accept everything; it left %d bytes", queued)
	}
	d.wake()
	written := d.keepAlive.written
	d.rest()
	message := make([]byte, size)
	for _, half := range [][]byte{message[:size/2], message[size/2:]} {
		if _, err := io.ReadFull(peer, half); err != nil {
			t.Fatalf("a peer that reads must be waited for; got %v", err)
		}
		written = passCloseTimer(t, d, written)
	}
	f.R = bufio.NewReader(io.MultiReader(bytes.NewReader(message), peer))
	if got, err := f.ReadFrame(t); err != nil || len(got.Payload) != size {
		t.Fatalf("the message must arrive whole; got %d bytes, %v", len(got.Payload), err)
	}
	f.WantFrame(t, "close 4001")
	f.Send(t, f.Closing(4001))
	h.want(t, "clean, received 4001, sent 4001, first local, close")
	f.End()
	f.WantEOF(t)
	wantDone(t, d)
}

func TestTransportHeld(t *testing.T) {
	near, peer := wiretest.WirePair(t)
	defer func() { _, _ = near.Close(), peer.Close() }()
	if got := heldByKernel(near); got != 0 {
		t.Errorf("nothing was written; the kernel cannot hold %d bytes", got)
	}
	_ = near.SetWriteBuffer(1 << 20)
	_ = peer.SetReadBuffer(64 << 10)
	const size = 256 << 10
	if _, err := near.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if got := heldByKernel(near); got < size/4 || got > size {
		t.Errorf("of %d bytes the kernel must hold what does not fit into the peer; got %d", size, got)
	}
	if _, err := io.ReadFull(peer, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); heldByKernel(near) > 0; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("the peer has everything; the kernel cannot hold %d bytes", heldByKernel(near))
		}
	}
	_ = near.Close()
	if got := heldByKernel(near); got != 0 {
		t.Errorf("for a closed socket the number must be 0; got %d", got)
	}
}
