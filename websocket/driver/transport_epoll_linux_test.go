package driver

import (
	"io"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestEpollTransportAddrs(t *testing.T) {
	group := new(LoopGroup)
	defer group.Stop()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue // no such network on this machine
		}
		peer, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		near, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		w, ok := newEpollTransport(near, &Options{LoopGroup: group})
		if !ok {
			t.Fatal("a TCP connection has an epollTransport")
		}
		local, remote := w.addrs()
		if local.String() != peer.RemoteAddr().String() || remote.String() != peer.LocalAddr().String() {
			t.Errorf("the addresses are those of the connection; got %v and %v", local, remote)
		}
		w.close()
		_, _, _ = peer.Close(), near.Close(), l.Close()
	}
}

func TestEpollTransportOnlyForOpenTCP(t *testing.T) {
	group := new(LoopGroup)
	defer func() { group.Stop(); wantStopped(t, group) }()
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	if _, ok := newEpollTransport(a, &Options{LoopGroup: group}); ok {
		t.Error("a pipe has no descriptor")
	}
	near, peer := wiretest.WirePair(t)
	_, _ = near.Close(), peer.Close()
	if _, ok := newEpollTransport(near, &Options{LoopGroup: group}); ok {
		t.Error("a closed connection is left to the blocking driver, which reports it")
	}
}

// The last frame and the FIN are one segment, which halves the work of both ends.
func TestDriverCloseAndFINInOneSegment(t *testing.T) {
	if blockingPass {
		return // only the readiness driver sends one segment
	}
	for name, c := range map[string]struct {
		send, last []byte
	}{
		"the answer to a Close":       {wiretest.CloseFrame(4000, "bye"), []byte("\x88\x05\x0f\xa0bye")},
		"the Close after a violation": {wiretest.Violation(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			near, peer := wiretest.WirePair(t)
			d := New(near, protocol.Server, nil, Options{})
			d.Start(echo{})
			before := segments(t, peer)
			if _, err := peer.Write(c.send); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(peer)
			if err != nil || c.last != nil && string(got) != string(c.last) || len(got) == 0 {
				t.Errorf("the peer reads our Close and EOF; got %q, %v", got, err)
			}
			if n := segments(t, peer) - before; n > 2 {
				t.Errorf("the Close and the FIN must be one segment, after at most one acknowledgement; got %d", n)
			}
			_ = peer.Close()
			<-d.Done()
		})
	}
}

// segments returns how many segments have arrived.
func segments(t *testing.T, nc *net.TCPConn) (n uint32) {
	t.Helper()
	raw, err := nc.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		info, infoErr := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if infoErr != nil {
			t.Error(infoErr)
			return
		}
		n = info.Segs_in
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
