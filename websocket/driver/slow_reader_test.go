package driver

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// slowPeer reads 4 KiB every 50 ms, about 80 KB/s, and answers each ping when it has
// read it.
type slowPeer struct {
	net.Conn
	role protocol.Role // of the connection, not of this peer
}

func (p slowPeer) Read(b []byte) (int, error) {
	time.Sleep(50 * time.Millisecond)
	return p.Conn.Read(b[:min(len(b), 4<<10)])
}

// messages reads messages of want bytes together, and then until the next ping. It returns
// the number of messages.
func (p slowPeer) messages(t *testing.T, want int) (messages int, err error) {
	t.Helper()
	f := &wiretest.Far{R: bufio.NewReader(p), Role: p.role}
	for got := 0; ; {
		received, err := f.ReadFrame(t)
		switch {
		case err != nil:
			return messages, err
		case received.Op == protocol.Ping:
			_, _ = p.Write(wiretest.Frame(p.role, protocol.Pong, received.Payload))
			if got == want {
				return messages, nil
			}
		default:
			got += len(received.Payload)
			messages++
		}
	}
}

// A ping follows what was sent before, so a slow reader cannot answer it in time. Its progress
// counts instead.
func TestKeepAliveWaitsForASlowReader(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for _, sizes := range [][2]int{{1, 512 << 10}, {500, 1 << 10}, {20_000, 30}} {
			t.Run(fmt.Sprintf("%v, %d messages of %d bytes", role, sizes[0], sizes[1]), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					near, peer := memconn.Pipe()
					d := New(near, role, nil, Options{KeepAlive: time.Second})
					e := newEnds()
					d.Start(quiet{e})
					for range sizes[0] {
						_, _ = d.Send(protocol.Binary, make([]byte, sizes[1]))
					}
					messages, err := slowPeer{peer, role}.messages(t, sizes[0]*sizes[1])
					if err != nil || messages != sizes[0] {
						t.Errorf("all %d messages arrive, and then a ping; got %d, %v", sizes[0], messages, err)
					}
					time.Sleep(time.Second) // the pong has arrived
					if d.State() != protocol.StateOpen {
						t.Error("after its answer to the ping the connection is open")
					}
					if took := untilCut(d); took > 5*time.Second {
						t.Errorf("when the peer is silent again, the connection ends after three intervals; it took %v", took)
					}
					e.want(t, "not clean, received 1006, sent 1006, first neither, keepalive")
					_ = peer.Close()
				})
			})
		}
	}
}

func untilCut(d *Driver) time.Duration {
	began := time.Now()
	<-d.Done()
	return time.Since(began)
}

// A peer that reads nothing is closed by the keep-alive.
func TestKeepAliveEndsAPeerThatTakesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		opts Options
		want string
	}{
		"keep-alive first":      {Options{KeepAlive: time.Second}, "keepalive"},
		"write timeout first":   {Options{KeepAlive: time.Minute, WriteTimeout: time.Second}, "stalled"},
		"without write timeout": {Options{KeepAlive: time.Second, WriteTimeout: -1}, "keepalive"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, peer := memconn.Pipe()
				d := New(near, protocol.Server, nil, c.opts)
				e := newEnds()
				d.Start(quiet{e})
				_, _ = d.Send(protocol.Binary, make([]byte, 1<<20))
				if _, err := io.ReadFull(peer, make([]byte, 100_000)); err != nil { // and no more
					t.Fatal(err)
				}
				if took := untilCut(d); took > 5*time.Second {
					t.Errorf("a connection whose peer reads nothing must end; it took %v", took)
				}
				e.want(t, "not clean, received 1006, sent 1006, first neither, "+c.want)
				_ = peer.Close()
			})
		})
	}
}

// On sockets the progress of the kernel's queue counts too. The test calls checkPeer itself,
// so it does not depend on time.
func TestKeepAliveSeesWhatTheKernelDelivers(t *testing.T) {
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		for _, way := range ways {
			d, h, f := onWire(t, role, secure, Options{KeepAlive: -1, WriteTimeout: -1, IO: way})
			_ = f.TCP.SetReadBuffer(256 << 10) // bytes in this buffer have been acknowledged
			const size = 16 << 20
			_, _ = d.Send(protocol.Binary, make([]byte, size))
			d.checkPeer()
			for read := 0; read < size; {
				n, err := io.ReadAtLeast(f.R, make([]byte, size/16), min(size/16, size-read))
				if err != nil {
					t.Fatalf("a connection whose peer reads must stay open; after %d bytes it got %v", read, err)
				}
				read += n
				wantLessOnTheWay(d)
				d.checkPeer()
			}
			if d.State() != protocol.StateOpen {
				t.Error("a connection whose peer has read everything must be open")
			}
			for range 2 * (maxUnanswered + 1) { // the last ping may count as progress
				d.checkPeer()
			}
			h.want(t, "not clean, received 1006, sent 1006, first neither, keepalive")
		}
	})
}

// wantLessOnTheWay waits until something has been delivered since the last call of checkPeer.
func wantLessOnTheWay(d *Driver) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 30_000 {
		d.wake()
		done := d.keepAlive.written > int64(d.transport.held()) || !d.keepAlive.outstanding || d.m.Queued() == 0 && d.transport.held() == 0
		d.rest()
		if done {
			return
		}
		<-tick.C
	}
}
