package driver

import (
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// The send queue, the bytes in the kernels of both ends and the bytes that the peer has read
// are together what was sent, including headers.
func TestDriverQueuedOnSocket(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			near, peer := wiretest.WirePair(t)
			_ = near.SetWriteBuffer(64 << 10)
			_ = peer.SetReadBuffer(64 << 10)
			_ = peer.SetDeadline(time.Now().Add(time.Minute))
			d := New(near, role, nil, Options{KeepAlive: -1})
			d.Start(quiet{newEnds()})
			t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })

			sent, read := 0, 0
			for _, size := range []int{0, 1, 125, 126, 65535, 65536, 1 << 20, 12345} {
				_, _ = d.Send(protocol.Binary, make([]byte, size))
				h := protocol.Header{Length: int64(size), Masked: role == protocol.Client}
				sent += len(h.Append(nil)) + size
			}
			if d.Queued() == 0 {
				t.Fatal("the send queue must not be empty; the kernel has accepted everything")
			}
			wantQueued(t, d, peer, sent)
			for _, size := range []int{1, 99_999, 300_000} {
				if _, err := io.ReadFull(peer, make([]byte, size)); err != nil {
					t.Fatal(err)
				}
				read += size
				wantQueued(t, d, peer, sent-read)
			}
			if _, err := io.ReadFull(peer, make([]byte, sent-read)); err != nil {
				t.Fatal(err)
			}
			wantQueued(t, d, peer, 0)
		})
	}
}

// wantQueued fails unless all that was sent and not read is somewhere. Bytes that are
// on their way, or not acknowledged yet, are looked for again.
func wantQueued(t *testing.T, d *Driver, peer *net.TCPConn, want int) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Second); ; <-tick.C {
		queued, held, arrived := d.Queued(), heldBy(d), unread(peer)
		if queued+held+arrived == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes were sent and not read; %d wait, %d are held by our kernel and %d by the peer's, together %d",
				want, queued, held, arrived, queued+held+arrived)
		}
	}
}

func heldBy(d *Driver) int {
	d.wake()
	defer d.rest()
	return d.transport.held()
}

// unread returns how many bytes have arrived at a socket.
func unread(nc *net.TCPConn) int {
	raw, err := nc.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCINQ) })
	return n
}
