package websocket

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// readSize is how many bytes a driver reads at once.
const readSize = 32 << 10

// pair is a connection in memory.
type pair struct {
	server, client       *Conn
	serverEnd, clientEnd *memconn.Conn // the transports
}

func newPair(t testing.TB, server, client Options) *pair {
	a, b := memconn.Pipe()
	p := &pair{serverEnd: a, clientEnd: b}
	p.server = NewConn(inMemory(a), protocol.Server, nil, server)
	p.client = NewConn(inMemory(b), protocol.Client, nil, client)
	t.Cleanup(func() {
		p.server.driver.CloseNow()
		p.client.driver.CloseNow()
		<-p.server.driver.Done()
		<-p.client.driver.Done()
	})
	return p
}

// onPair runs a test in fake time, with options for both ends.
func onPair(t *testing.T, opts Options, test func(t *testing.T, p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newPair(t, opts, opts)) })
}

// eachRole runs a test once for each end of a pair: near is the one that is tested.
func eachRole(t *testing.T, opts Options, test func(t *testing.T, near, far *Conn)) {
	t.Helper()
	t.Run("server", func(t *testing.T) {
		onPair(t, opts, func(t *testing.T, p *pair) { test(t, p.server, p.client) })
	})
	t.Run("client", func(t *testing.T) {
		onPair(t, opts, func(t *testing.T, p *pair) { test(t, p.client, p.server) })
	})
}

// withPeer runs a test of a server, in fake time. The test writes and reads the bytes of the peer.
func withPeer(t *testing.T, opts Options, test func(t *testing.T, c *Conn, peer *memconn.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		c := NewConn(inMemory(a), protocol.Server, nil, opts)
		t.Cleanup(func() { c.driver.CloseNow(); _ = b.Close() })
		test(t, c, b)
	})
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func mustWrite(t testing.TB, c *Conn, message string) {
	t.Helper()
	if err := c.Write(t.Context(), Text, []byte(message)); err != nil {
		t.Fatalf("a message must be written; got %v", err)
	}
}

func wantRead(t testing.TB, c *Conn, want string) {
	t.Helper()
	op, got, err := c.Read(t.Context())
	if err != nil || op != Text || string(got) != want {
		t.Fatalf("the next message must be %.40q; got %v %.40q, %v", want, op, got, err)
	}
}

// wantReadError fails unless the next Read returns an error of type E.
func wantReadError[E error](t testing.TB, c *Conn) E {
	t.Helper()
	_, message, err := c.Read(within(t, time.Hour))
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("reading must end with a %T; got %.40q, %v", e, message, err)
	}
	return e
}

// wantEndWithin fails unless the connection ends within d, and returns the outcome.
func wantEndWithin(t testing.TB, c *Conn, d time.Duration) Outcome {
	t.Helper()
	synctest.Wait()
	select {
	case <-c.Done():
	case <-time.After(d):
		t.Fatalf("the connection must end within %v; it did not", d)
	}
	end, ended := c.Outcome()
	if !ended {
		t.Error("the outcome must be final once Done is closed; it is not")
	}
	return end
}

func write(t testing.TB, nc net.Conn, b []byte) {
	t.Helper()
	if _, err := nc.Write(b); err != nil {
		t.Fatalf("the peer must be able to write; got %v", err)
	}
}

// held returns the number of bytes in the read-ahead.
func (c *Conn) held() int {
	c.received.mu.Lock()
	defer c.received.mu.Unlock()
	return c.received.pieces.Bytes()
}
