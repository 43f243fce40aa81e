package driver

import (
	"bytes"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// A connection that is closed while its reply is held back is not written to any more, nor is another one that gets its
// descriptor.
func TestTurnCloseNowDuringHold(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		near, other := wiretest.WirePair(t)
		defer func() { _, _ = near.Close(), other.Close() }()
		reused := -1
		h := l.duringHold(echoed, wiretest.TextFrame("reply"), func(d *Driver, _ *net.TCPConn) {
			fd := int(d.transport.(*epollTransport).fd)
			elsewhere(d.CloseNow)
			raw, _ := near.SyscallConn()
			_ = raw.Control(func(own uintptr) { reused, _ = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, fd) })
		})
		defer func() { _ = unix.Close(reused) }()
		h.want(t, "not clean, received 1006, sent 1006, first neither, abort")
		writeAll(t, near, []byte("its own"))
		wantBytes(t, other, []byte("its own"), "with the descriptor of a connection that is closed")
	})
}

func TestTurnCloseDiscardDuringHold(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		var peer *net.TCPConn
		l.duringHold(echoed, wiretest.TextFrame("reply"), func(d *Driver, its *net.TCPConn) {
			peer = its
			elsewhere(func() { _ = d.CloseDiscard(1008, "") })
		})
		writeAll(t, peer, wiretest.CloseFrame(1008, ""))
		got, err := io.ReadAll(peer)
		if rest := bytes.TrimPrefix(got, served("reply")); err != nil || string(rest) != "\x88\x02\x03\xf0" {
			t.Errorf("the peer must receive a Close, and at most the reply before it; got %q, %v", got, err)
		}
	})
}

// The last frame and the FIN are one segment.
func TestTurnLastFrameDuringHold(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		var peer *net.TCPConn
		var before uint32
		h := l.duringHold(echoed, append(wiretest.TextFrame("reply"), wiretest.CloseFrame(4001, "")...), func(_ *Driver, its *net.TCPConn) {
			peer, before = its, segments(t, its)
		})
		wantBytes(t, peer, append(served("reply"), 0x88, 2, 4001>>8, 4001&0xff), "before the end")
		wantEOF(t, nil, peer)
		if n := segments(t, peer) - before; n > 2 {
			t.Errorf("the replies, the Close and the FIN must be one segment, after at most one acknowledgement; got %d", n)
		}
		h.want(t, "clean, received 4001, sent 4001, first remote, close")
	})
}

func TestTurnResetDuringHold(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		h := l.duringHold(echoed, wiretest.TextFrame("reply"), func(_ *Driver, peer *net.TCPConn) {
			_ = peer.SetLinger(0)
			_ = peer.Close()
		})
		h.want(t, "not clean, received 1006, sent 1006, first neither, transport")
	})
}

// A peer that sends nothing more after its message gets the reply.
func TestTurnEOFDuringHold(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		var peer *net.TCPConn
		h := l.duringHold(echoed, wiretest.TextFrame("reply"), func(_ *Driver, its *net.TCPConn) {
			peer = its
			_ = its.CloseWrite()
		})
		wantBytes(t, peer, served("reply"), "after its FIN")
		wantEOF(t, nil, peer)
		h.want(t, "not clean, received 1006, sent 1006, first neither, eof")
	})
}

// A reply that the kernel takes only a part of leaves when the peer reads.
func TestTurnSlowPeer(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		const size = 128 << 10 // more than the kernel takes; a larger one would take longer than the monitor waits for
		large := make([]byte, size)
		var peer *net.TCPConn
		l.duringHold(func(d *Driver, payload []byte) {
			_ = unix.SetsockoptInt(int(d.transport.(*epollTransport).fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 16<<10)
			_, _ = d.Send(protocol.Binary, large)
			echoed(d, payload)
		}, wiretest.TextFrame("reply"), func(_ *Driver, its *net.TCPConn) { peer = its })
		want := append(wiretest.Frame(protocol.Client, protocol.Binary, large), served("reply")...)
		wantBytes(t, peer, want, "from a queue")
	})
}

// The group ends with its last connection, also if one of them is closed while its reply is held back.
func TestTurnStopDuringHold(t *testing.T) {
	for _, way := range []IO{IORing, IOReadiness} {
		fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
		t.Run(way.String(), func(t *testing.T) {
			l := newOneLoop(t, way)
			l.duringHold(echoed, wiretest.TextFrame("reply"), func(d *Driver, _ *net.TCPConn) {
				l.group.Stop()
				d.CloseNow()
			})
		})
		wiretest.WantNothingLeft(t, fds, goroutines)
	}
}

// The group does not end while a Deliver uses one of its rings.
func TestGroupEndsAfterDeliver(t *testing.T) {
	l := newOneLoop(t, IORing)
	d, _ := l.connect(newDoing(echoed))
	set := &l.group.loops
	ring := set.takeRing()
	l.group.Stop()
	d.CloseNow()
	_ = l.gate.Close()
	eventually(t, "the goroutines of the group must end", func() bool {
		set.mu.Lock()
		defer set.mu.Unlock()
		return set.quit
	})
	select {
	case <-l.group.Done():
		t.Error("the group must not end before all of its rings are closed")
	default:
	}
	set.returnRing(ring)
	wantStopped(t, l.group)
}

// breakRings makes all calls on the rings that are open fail, except those of before.
func breakRings(t *testing.T, before []int) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	broken := 0
	for _, fd := range ringDescriptors(t) {
		if !slices.Contains(before, fd) {
			broken++
			if err := unix.Dup3(int(null.Fd()), fd, unix.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
		}
	}
	if broken == 0 {
		t.Fatal("the group must have rings")
	}
}

// Without working rings everything leaves by other calls.
func TestTurnBrokenRing(t *testing.T) {
	before := ringDescriptors(t)
	l := newOneLoop(t, IORing)
	breakRings(t, before)
	for range 10 {
		var peer *net.TCPConn
		var others []Delivery
		var peers []*net.TCPConn
		for range 5 {
			d, its := l.connect(newDoing(echoed))
			others, peers = append(others, Delivery{To: d, Limit: 1 << 20}), append(peers, its)
		}
		l.duringHold(echoed, wiretest.TextFrame("reply"), func(_ *Driver, its *net.TCPConn) { peer = its })
		wantBytes(t, peer, served("reply"), "without a ring")
		Deliver(preparedText(t, "published"), others)
		for i, its := range peers {
			if others[i].Err != nil {
				t.Error(others[i].Err)
			}
			wantBytes(t, its, served("published"), "without a ring")
			wantBack(t, its, "without a ring")
		}
	}
}
