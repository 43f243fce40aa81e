//go:build unix && !race

package driver

import (
	"net"
	"runtime/debug"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// tcpPair returns a connection on TCP and its peer.
func tcpPair(t testing.TB) (ours, peer net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if peer, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if ours, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close(); _ = ours.Close() })
	return ours, peer
}

func TestDriverEchoAllocations(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // garbage collections empty the pools
	for _, size := range []int{64, 16 << 10} {
		ours, peer := tcpPair(t)
		c := New(ours, protocol.Server, nil, Options{KeepAlive: -1})
		c.Start(echo{})
		out := wiretest.Frame(protocol.Server, protocol.Binary, make([]byte, size))
		in := make([]byte, len(out)-4) // without the key
		if allocs := wiretest.AllocsOf(0, func() { wiretest.Exchange(t, peer, out, in) }); allocs > 0 {
			t.Errorf("an echo of %d bytes must allocate nothing; it allocated %v times", size, allocs)
		}
		c.CloseNow()
	}
}

// idleBudget is the most memory, in bytes, that a connection may use when it has been used
// and is idle, without the socket of package net.
const idleBudget = 6 << 10

func TestDriverMemoryIdle(t *testing.T) {
	const conns = 2000
	ours, peers := make([]net.Conn, conns), make([]net.Conn, conns)
	for i := range conns {
		ours[i], peers[i] = tcpPair(t)
	}
	before := wiretest.Memory()
	all := make([]*Driver, conns)
	out := wiretest.TextFrame("hello")
	in := make([]byte, len(out)-4)
	for i := range conns {
		all[i] = New(ours[i], protocol.Server, nil, Options{})
		all[i].Start(echo{})
		wiretest.Exchange(t, peers[i], out, in)
	}
	after := wiretest.Memory()
	used := (after.Heap + after.Stacks - before.Heap - before.Stacks) / conns
	t.Logf("an idle connection on TCP uses %d bytes, %d of them stack", used, (after.Stacks-before.Stacks)/conns)
	if used > idleBudget {
		t.Errorf("an idle connection must use at most %d bytes; it uses %d", idleBudget, used)
	}
	for _, c := range all {
		c.CloseNow()
	}
}
