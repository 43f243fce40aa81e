package driver

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// oneLoop has connections that the same event loop handles, and makes their input arrive between two turns of it, so that it
// handles them in one turn.
type oneLoop struct {
	t     *testing.T
	group *LoopGroup
	loop  *eventLoop
	gate  *net.TCPConn // the peer of a connection whose handler calls a function of write
	write chan func()
}

// eachLoopWay runs a test with an event loop that has a ring, and with one that has none.
func eachLoopWay(t *testing.T, test func(t *testing.T, l *oneLoop)) {
	for _, way := range []IO{IORing, IOReadiness} {
		t.Run(way.String(), func(t *testing.T) { test(t, newOneLoop(t, way)) })
	}
}

func newOneLoop(t *testing.T, way IO) *oneLoop {
	l := &oneLoop{t: t, group: &LoopGroup{IO: way}, write: make(chan func(), 1)}
	fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
	t.Cleanup(func() {
		l.group.Stop()
		wantStopped(t, l.group)
		wiretest.WantNothingLeft(t, fds, goroutines)
	})
	d, gate := groupPair(t, l.group, newDoing(func(*Driver, []byte) { (<-l.write)() }))
	l.loop, l.gate = loopOf(d), gate
	if err := l.group.RingError(); err != nil {
		t.Fatal(err)
	}
	return l
}

// loopOf returns the event loop of an open connection.
func loopOf(d *Driver) *eventLoop {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.transport.(*epollTransport).loop
}

// hasRing reports whether the loop holds output back.
func (l *oneLoop) hasRing() bool { return l.loop.ring.Load() != nil }

// connect returns a connection of the loop, and its peer.
func (l *oneLoop) connect(h Handler) (*Driver, *net.TCPConn) {
	l.t.Helper()
	for {
		near, peer := wiretest.WirePair(l.t)
		d := New(near, protocol.Server, nil, Options{KeepAlive: -1, LoopGroup: l.group})
		l.t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
		if loopOf(d) == l.loop {
			d.Start(h)
			_ = peer.SetDeadline(time.Now().Add(wiretest.Bound))
			return d, peer
		}
		d.CloseNow()
	}
}

// atOnce calls write, which writes to peers, on the goroutine of the loop.
func (l *oneLoop) atOnce(write func()) {
	l.t.Helper()
	l.group.loops.offload.score.Store(0) // so that the loop calls the handlers itself
	l.group.loops.offload.remaining.Store(0)
	l.write <- write
	writeAll(l.t, l.gate, wiretest.TextFrame("go"))
}

func writeAll(t *testing.T, peer net.Conn, b []byte) {
	t.Helper()
	if _, err := peer.Write(b); err != nil {
		t.Errorf("the peer must be able to write; got %v", err)
	}
}

// wantBytes fails unless the peer receives exactly these bytes next.
func wantBytes(t *testing.T, peer net.Conn, want []byte, what string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s: the peer must receive %.100q; got %.100q, %v", what, want, got[:n], err)
	}
}

// served returns text messages as a server sends them.
func served(texts ...string) (frames []byte) {
	for _, text := range texts {
		frames = append(frames, wiretest.Frame(protocol.Client, protocol.Text, []byte(text))...)
	}
	return frames
}

// ringDescriptors returns the descriptors of the rings of this process.
func ringDescriptors(t *testing.T) (fds []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.Contains(name, "io_uring") {
			fd, _ := strconv.Atoi(e.Name())
			fds = append(fds, fd)
		}
	}
	return fds
}

// ringOperations returns the number of operations that the rings of this process have been given, modulo 2^32. The kernel
// counts them.
func ringOperations(t *testing.T) (all uint32) {
	t.Helper()
	for _, fd := range ringDescriptors(t) {
		info, err := os.ReadFile(fmt.Sprint("/proc/self/fdinfo/", fd))
		_, tail, found := strings.Cut(string(info), "SqTail:")
		var n uint32
		if _, scanErr := fmt.Sscan(tail, &n); err != nil || !found || scanErr != nil {
			t.Fatalf("the kernel must count the operations of a ring; its information is %q", info)
		}
		all += n
	}
	return all
}

// The replies of a turn leave through the ring, those of each connection in order.
func TestTurnRepliesTogether(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		const connections = 20
		var peers []*net.TCPConn
		for range connections {
			_, peer := l.connect(newDoing(echoed))
			peers = append(peers, peer)
		}
		for round, deadline := 0, time.Now().Add(wiretest.Bound); ; round++ {
			before := ringOperations(t)
			l.atOnce(func() {
				for i, peer := range peers {
					writeAll(t, peer, append(wiretest.TextFrame(fmt.Sprint("first ", i, round)), wiretest.TextFrame("second")...))
				}
			})
			for i, peer := range peers {
				wantBytes(t, peer, served(fmt.Sprint("first ", i, round), "second"), "in a turn with others")
			}
			switch n := ringOperations(t) - before; {
			case !l.hasRing() && n > 0:
				t.Fatalf("without rings nothing is sent through one; there were %d operations", n)
			case !l.hasRing() || n == connections:
				return
			case time.Now().After(deadline):
				t.Fatalf("the replies of %d connections must leave through the ring; there were %d operations", connections, n)
			}
		}
	})
}
