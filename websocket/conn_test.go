package websocket

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestConnReadWrite(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		mustWrite(t, near, "to the far end")
		mustWrite(t, near, "")
		wantRead(t, far, "to the far end")
		wantRead(t, far, "")
		if err := far.Write(t.Context(), Binary, []byte{0xFF, 0}); err != nil {
			t.Fatal(err)
		}
		if op, b, err := near.Read(t.Context()); op != Binary || string(b) != "\xFF\x00" || err != nil {
			t.Errorf("a binary message must arrive as such; got %v %q, %v", op, b, err)
		}
	})
}

func TestConnCloseClean(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		mustWrite(t, near, "last")
		if _, ended := near.Outcome(); ended {
			t.Error("an open connection must have no outcome")
		}
		if err := near.Close(4001, "bye"); err != nil {
			t.Errorf("a clean Close must return nil; got %v", err)
		}
		wantRead(t, far, "last")
		if e := wantReadError[*PeerClosed](t, far); e.Status != (Status{Code: 4001, Reason: "bye"}) || !e.Clean {
			t.Errorf("the far end must read code and reason; got %+v", e)
		}
		if e := wantReadError[*LocalClosed](t, near); e.Status != (Status{Code: 4001, Reason: "bye"}) || !e.Clean {
			t.Errorf("the end that closes must read its own code; got %+v", e)
		}
		mine, theirs := wantEndWithin(t, near, 1), wantEndWithin(t, far, 1)
		if wiretest.Describe(mine.Outcome) != `clean, received 4001 "bye", sent 4001 "bye", first local, close` ||
			wiretest.Describe(theirs.Outcome) != `clean, received 4001 "bye", sent 4001 "bye", first remote, close` {
			t.Errorf("both ends must end clean; got %q and %q", wiretest.Describe(mine.Outcome), wiretest.Describe(theirs.Outcome))
		}
		if err := errors.Join(near.Close(1000, ""), far.Close(1000, "")); err != nil {
			t.Errorf("Close after a clean end must return nil; got %v", err)
		}
	})
}

func TestConnCloseTwice(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		ends := make(chan error, 2)
		go func() { ends <- c.Close(1000, "") }()
		go func() { ends <- c.Close(4000, "second") }()
		synctest.Wait()
		if len(ends) > 0 {
			t.Fatal("Close must wait for the peer's Close; it returned")
		}
		write(t, peer, wiretest.CloseFrame(1000, ""))
		if err := errors.Join(<-ends, <-ends); err != nil {
			t.Errorf("both calls of Close must return nil; got %v", err)
		}
	})
}

func TestConnCloseMisuse(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		for _, err := range []error{near.Close(1005, ""), near.CloseWrite(1000, strings.Repeat("x", 124))} {
			if _, ok := errors.AsType[*Misuse](err); !ok {
				t.Errorf("an illegal Close must be a misuse; got %v", err)
			}
		}
		mustWrite(t, near, "still open")
		wantRead(t, far, "still open")
	})
}

func TestConnCloseTimeout(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, _ *memconn.Conn) {
		start := time.Now()
		err := c.Close(1000, "")
		if e, ok := errors.AsType[*TransportError](err); !ok || e.Cause != protocol.CauseTimeout {
			t.Errorf("a peer that never answers must end in a timeout; got %v", err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("the connection must be aborted after 5s; it took %v", took)
		}
	})
}

// With half-close the peer may send after our Close, but not longer than HalfOpenTimeout.
func TestConnCloseTimeoutWithHalfClose(t *testing.T) {
	bounded, unbounded := Options{OfferHalfClose: true}, Options{OfferHalfClose: true, HalfOpenTimeout: time.Hour}
	wantTimeout := func(t *testing.T, near, far *Conn) {
		var sender sync.WaitGroup
		sender.Go(func() {
			for far.Write(context.Background(), Text, []byte("more")) == nil {
				time.Sleep(time.Second)
			}
		})
		defer sender.Wait()
		start := time.Now()
		if err := near.Close(1000, ""); !isKind[*TransportError](err) || time.Since(start) != 30*time.Second {
			t.Errorf("a connection whose peer never closes must be aborted after 30s; got %v after %v", err, time.Since(start))
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, bounded, unbounded)
		wantTimeout(t, p.server, p.client)
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, unbounded, bounded)
		wantTimeout(t, p.client, p.server)
	})
}

// The peer's Close follows more data than the read-ahead can hold.
func TestConnCloseWithoutReader(t *testing.T) {
	eachRole(t, Options{ReadAhead: 1000}, func(t *testing.T, near, far *Conn) {
		for range 20 {
			mustWrite(t, far, strings.Repeat("x", 1000))
		}
		synctest.Wait()
		if err := near.Close(1000, ""); err != nil {
			t.Errorf("Close must drop unread data and end clean; got %v", err)
		}
	})
}

// Reading after Close returns the messages that arrived first, and none that arrived after
// a dropped one.
func TestConnReadAfterCloseHasNoGap(t *testing.T) {
	withPeer(t, Options{ReadAhead: 100}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, wiretest.TextFrame("first"))
		synctest.Wait()
		ended := make(chan error)
		go func() { ended <- c.Close(1000, "") }()
		synctest.Wait()
		write(t, peer, wiretest.TextFrame("second"))
		write(t, peer, wiretest.TextFrame("does not fit"))
		synctest.Wait()
		wantRead(t, c, "first")
		wantRead(t, c, "second")
		write(t, peer, wiretest.TextFrame("would fit again"))
		write(t, peer, wiretest.CloseFrame(1000, ""))
		_ = wantReadError[*LocalClosed](t, c)
		if err := <-ended; err != nil {
			t.Errorf("the end must be clean; got %v", err)
		}
	})
}

func TestConnReadAfterCloseWrite(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		if err := c.CloseWrite(1000, "done"); err != nil {
			t.Fatal(err)
		}
		write(t, peer, wiretest.TextFrame("after the Close"))
		wantRead(t, c, "after the Close")
		if err := c.Write(t.Context(), Text, nil); !errors.Is(err, protocol.ErrClosing) {
			t.Errorf("writing after our own Close must be a misuse; got %v", err)
		}
		if err := c.Ping(t.Context()); !errors.Is(err, protocol.ErrClosing) {
			t.Errorf("a ping after our own Close must be a misuse; got %v", err)
		}
		write(t, peer, append(wiretest.TextFrame("and the last"), wiretest.CloseFrame(1000, "done")...))
		wantRead(t, c, "and the last")
		if e := wantReadError[*LocalClosed](t, c); !e.Clean || !IsNormal(e) {
			t.Errorf("the end must be clean and normal; got %+v", e)
		}
	})
}

// fillReadAhead sends so much that the read-ahead of a connection is full, and more is in
// the transport.
func fillReadAhead(t testing.TB, peer *memconn.Conn) {
	t.Helper()
	for range 4 {
		write(t, peer, wiretest.TextFrame(strings.Repeat("x", 1000)))
	}
	synctest.Wait()
}

// Done is closed in time although the read-ahead is full and the application does not
// read, and the messages in the read-ahead can be read later.
func TestConnDoneWithoutReader(t *testing.T) {
	for _, c := range []struct {
		name  string
		ends  func(c *Conn, peer *memconn.Conn)
		bound time.Duration
		cause protocol.Cause
	}{
		{"CloseWrite", func(c *Conn, _ *memconn.Conn) { _ = c.CloseWrite(1000, "") }, 5 * time.Second, protocol.CauseTimeout},
		{"CloseNow", func(c *Conn, _ *memconn.Conn) { c.CloseNow() }, 0, CauseAbort},
		{"a write after a reset", func(c *Conn, peer *memconn.Conn) {
			peer.Reset()
			_ = c.Write(context.Background(), Text, nil)
		}, time.Millisecond, protocol.CauseTransport},
	} {
		t.Run(c.name, func(t *testing.T) {
			withPeer(t, Options{ReadAhead: 1000}, func(t *testing.T, conn *Conn, peer *memconn.Conn) {
				fillReadAhead(t, peer)
				c.ends(conn, peer)
				if end := wantEndWithin(t, conn, c.bound+time.Nanosecond); end.Cause != c.cause || end.Clean {
					t.Errorf("the end must have the cause %s; got %s", c.cause, wiretest.Describe(end.Outcome))
				}
				for conn.held() > 0 {
					wantRead(t, conn, strings.Repeat("x", 1000))
				}
				if e := wantReadError[*TransportError](t, conn); e.Cause != c.cause {
					t.Errorf("after the read-ahead the error must have the cause %s; got %v", c.cause, e)
				}
			})
		})
	}
}

func TestConnHalfOpenWrite(t *testing.T) {
	withPeer(t, Options{HalfOpen: true}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, append(wiretest.TextFrame("request"), wiretest.CloseFrame(1000, "that is all")...))
		wantRead(t, c, "request")
		if e := wantReadError[*PeerClosed](t, c); e.Reason != "that is all" || e.Clean || !IsNormal(e) {
			t.Errorf("the peer's Close must be a normal end of reading, not yet clean; got %+v", e)
		}
		mustWrite(t, c, "answer")
		if err := c.Close(1000, ""); err != nil {
			t.Errorf("the close of both halves must be clean; got %v", err)
		}
		if e := wantReadError[*PeerClosed](t, c); !e.Clean {
			t.Errorf("after the end the error must be clean; got %+v", e)
		}
		if b, _ := io.ReadAll(peer); !strings.Contains(string(b), "answer") {
			t.Errorf("the answer must reach the peer; it got %q", b)
		}
	})
}

func TestConnHalfOpenTimeout(t *testing.T) {
	withPeer(t, Options{HalfOpen: true}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, wiretest.CloseFrame(4000, ""))
		_ = wantReadError[*PeerClosed](t, c)
		if end := wantEndWithin(t, c, 30*time.Second+1); !end.Clean || end.Sent.Code != 4000 {
			t.Errorf("the connection must be closed with the peer's code; got %s", wiretest.Describe(end.Outcome))
		}
	})
}

func TestConnProperties(t *testing.T) {
	onPair(t, Options{OfferHalfClose: true}, func(t *testing.T, p *pair) {
		if !p.server.HalfCloseNegotiated() || p.server.Subprotocol() != "" || p.server.State() != protocol.StateOpen {
			t.Errorf("a new connection must be open, with half-close and without a subprotocol; got %t, %q, %v",
				p.server.HalfCloseNegotiated(), p.server.Subprotocol(), p.server.State())
		}
	})
}

// Every call returns the error of an ended context, and does not change the connection.
func TestConnEndedContext(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		mustWrite(t, far, "waits to be read")
		synctest.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for name, err := range callAll(ended, near) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s must return the error of its context; got %v", name, err)
			}
		}
		wantRead(t, near, "waits to be read")
		mustWrite(t, near, "and to be written")
		wantRead(t, far, "and to be written")
	})
}

// callAll returns the errors of all methods that take a context.
func callAll(ctx context.Context, c *Conn) map[string]error {
	_, _, read := c.Read(ctx)
	_, _, reader := c.Reader(ctx)
	_, writer := c.Writer(ctx, Binary)
	prepared, _ := Prepare(Text, nil)
	return map[string]error{
		"Read": read, "Reader": reader, "Writer": writer,
		"Write": c.Write(ctx, Text, nil), "WritePrepared": c.WritePrepared(ctx, prepared), "Ping": c.Ping(ctx),
	}
}

// Programs defer CloseNow. It must not destroy our Close, which may not have arrived.
func TestConnCloseNowAfterEnd(t *testing.T) {
	for name, input := range map[string][]byte{"the peer's Close": wiretest.CloseFrame(4000, ""), "a violation": wiretest.Violation()} {
		t.Run(name, func(t *testing.T) {
			withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
				write(t, peer, input)
				if _, _, err := c.Read(t.Context()); err == nil {
					t.Fatal("the connection must end")
				}
				c.CloseNow()
				if f, err := wiretest.ReadFrame(peer); err != nil || f.Op != protocol.CloseFrame {
					t.Errorf("the peer must read our Close; got %v, %v", f, err)
				}
				if b, err := io.ReadAll(peer); err != nil || len(b) > 0 {
					t.Errorf("after our Close the peer must read EOF; got %q, %v", b, err)
				}
			})
		})
	}
}

func TestConnCloseNow(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		c.CloseNow()
		if end := wantEndWithin(t, c, 1); end.Cause != CauseAbort || !peer.RSTReceived() {
			t.Errorf("the transport must be closed at once; got %s", wiretest.Describe(end.Outcome))
		}
	})
}
