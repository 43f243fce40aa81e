//go:build unix && !race

package websocket

import (
	"context"
	"io"
	"net"
	"runtime/debug"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// wantAllocs measures the allocations of a function, with filled pools and without garbage collections.
func wantAllocs(t *testing.T, what string, want float64, f func()) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	for range 100 {
		f()
	}
	if got := wiretest.AllocsOf(want, f); got > want {
		t.Errorf("%s must allocate %v times; it allocates %v times", what, want, got)
	}
}

func TestConnAllocations(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		t.Run(role.String(), func(t *testing.T) {
			ours, peer := tcpEnds(t)
			c := NewConn(ours, role, nil, Options{KeepAlive: -1})
			defer c.CloseNow()
			in := wiretest.Frame(role, Binary, make([]byte, 64))
			out := len(wiretest.Frame(1-role, Binary, make([]byte, 64)))
			testWriteAllocations(t, c, peer, make([]byte, out))
			testReadAllocations(t, c, peer, in)
		})
	}
}

func testWriteAllocations(t *testing.T, c *Conn, peer net.Conn, buf []byte) {
	message := make([]byte, 64)
	prepared, err := Prepare(Binary, message)
	if err != nil {
		t.Fatal(err)
	}
	s := NetConn(c, Binary)
	received := func(err error) {
		if err == nil {
			_, err = io.ReadFull(peer, buf)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	wantAllocs(t, "writing a message", 0, func() { received(c.Write(context.Background(), Binary, message)) })
	wantAllocs(t, "writing a prepared message", 0, func() { received(c.WritePrepared(context.Background(), prepared)) })
	wantAllocs(t, "writing to a stream", 0, func() {
		_, err := s.Write(message)
		received(err)
	})
}

func testReadAllocations(t *testing.T, c *Conn, peer net.Conn, in []byte) {
	wantAllocs(t, "reading a message", 1, func() {
		if _, err := peer.Write(in); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Read(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// idleConnBudget is the most memory, in bytes, that a Conn may use when it has been used
// and is idle, without the socket of package net. It includes the Driver.
const idleConnBudget = 15 << 9

func TestConnMemoryIdle(t *testing.T) {
	const conns = 1000
	ours, peers := make([]net.Conn, conns), make([]net.Conn, conns)
	for i := range conns {
		ours[i], peers[i] = tcpEnds(t)
	}
	before := wiretest.Memory()
	all := make([]*Conn, conns)
	out, in := wiretest.TextFrame("hello"), make([]byte, len(wiretest.TextFrame("hello"))-4)
	for i := range conns {
		all[i] = NewConn(ours[i], protocol.Server, nil, Options{})
		go func() { // ends before the connection is idle
			_, b, _ := all[i].Read(context.Background())
			_ = all[i].Write(context.Background(), Text, b)
		}()
		wiretest.Exchange(t, peers[i], out, in)
	}
	after := wiretest.Memory()
	used := (after.Heap + after.Stacks - before.Heap - before.Stacks) / conns
	t.Logf("an idle Conn on TCP uses %d bytes", used)
	if used > idleConnBudget {
		t.Errorf("an idle Conn must use at most %d bytes; it uses %d", idleConnBudget, used)
	}
	for _, c := range all {
		c.CloseNow()
	}
}
