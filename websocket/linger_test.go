package websocket

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// withServer runs a test of a client, in fake time. The test writes and reads the bytes of
// the server.
func withServer(t *testing.T, opts Options, test func(t *testing.T, c *Conn, server *memconn.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		c := NewConn(inMemory(a), protocol.Client, nil, opts)
		t.Cleanup(func() { c.driver.CloseNow(); _ = b.Close() })
		test(t, c, b)
	})
}

func TestConnLingerWaitsForThePeersEOF(t *testing.T) {
	withServer(t, Options{KeepAlive: -1}, func(t *testing.T, c *Conn, server *memconn.Conn) {
		lingered := make(chan error, 1)
		go func() { lingered <- c.Linger(context.Background()) }()
		write(t, server, wiretest.Frame(protocol.Client, protocol.CloseFrame, wiretest.CloseBody(1000, "")))
		if _, _, err := c.Read(t.Context()); !IsNormal(err) {
			t.Fatalf("the server closes with 1000; got %v", err)
		}
		c.CloseNow() // has no effect after the end
		synctest.Wait()
		select {
		case err := <-lingered:
			t.Fatalf("the server has not ended TCP; Linger returned %v", err)
		default:
		}
		ended := time.Now()
		_ = server.CloseWrite()
		if err := <-lingered; err != nil {
			t.Errorf("when both directions have ended Linger returns nil; got %v", err)
		}
		if took := time.Since(ended); took != 0 {
			t.Errorf("Linger returns at the EOF; it took %v", took)
		}
	})
}

func TestConnLingerTimeout(t *testing.T) {
	withServer(t, Options{KeepAlive: -1, LingerTimeout: 7 * time.Second}, func(t *testing.T, c *Conn, server *memconn.Conn) {
		began := time.Now()
		write(t, server, wiretest.Frame(protocol.Client, protocol.CloseFrame, wiretest.CloseBody(1000, "")))
		if err := c.Linger(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the context bounds Linger; got %v", err)
		}
		if err := c.Linger(context.Background()); err != nil || time.Since(began) != 7*time.Second {
			t.Errorf("Linger waits 7 s for a server that does not end TCP; got %v after %v", err, time.Since(began))
		}
		canceled, cancel := context.WithCancel(context.Background())
		cancel()
		if err := c.Linger(canceled); err != nil {
			t.Errorf("after the end of TCP Linger returns nil even if its context has ended; got %v", err)
		}
	})
}

func TestConnLingerAfterCloseNow(t *testing.T) {
	withServer(t, Options{KeepAlive: -1}, func(t *testing.T, c *Conn, _ *memconn.Conn) {
		c.CloseNow()
		if err := c.Linger(context.Background()); err != nil {
			t.Errorf("CloseNow closes the transport; got %v", err)
		}
	})
}
