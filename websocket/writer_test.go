package websocket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/readiness"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func mustStart(t *testing.T, c *Conn, op MessageType) *MessageWriter {
	t.Helper()
	w, err := c.Writer(t.Context(), op)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestConnWriter(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		w := mustStart(t, near, Text)
		for _, part := range []string{"in ", "", "\xe2", "\x82\xac", " pieces"} { // one ends inside a character
			if n, err := io.WriteString(w, part); n != len(part) || err != nil {
				t.Fatalf("%q must be written; got %d, %v", part, n, err)
			}
		}
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Error(err)
		}
		wantRead(t, far, "in € pieces")
		if _, err := w.Write([]byte("x")); !errors.Is(err, ErrClosedWriter) {
			t.Errorf("a write after Close must return ErrClosedWriter; got %v", err)
		}
		if err := mustStart(t, near, Text).Close(); err != nil {
			t.Error(err)
		}
		wantRead(t, far, "")
	})
}

func TestConnWriterMisuse(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		if _, err := near.Writer(t.Context(), protocol.Ping); !errors.Is(err, protocol.ErrOpcode) {
			t.Errorf("a message must be text or binary; got %v", err)
		}
		w := mustStart(t, near, Text)
		if n, err := w.Write([]byte("\xff")); n > 0 || !errors.Is(err, protocol.ErrText) {
			t.Errorf("text must be UTF-8; got %d, %v", n, err)
		}
		if _, err := w.Write([]byte("\xe2\x82")); err != nil {
			t.Error(err)
		}
		if err := w.Close(); !errors.Is(err, protocol.ErrText) {
			t.Errorf("text must not end inside a character; got %v", err)
		}
		if _, err := w.Write([]byte("\xac")); err != nil {
			t.Errorf("after that the rest of the character must be written; got %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		wantRead(t, far, "€")
		mustWrite(t, near, "next")
	})
}

// Other messages wait for a writer that is not closed until their contexts end, and Close
// until CloseTimeout.
func TestConnWriterNotClosed(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, _ *Conn) {
		if _, err := mustStart(t, near, Text).Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := near.Write(within(t, time.Second), Text, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("another message must wait for its context; got %v", err)
		}
		waits := make(chan error)
		go func() { waits <- near.Write(context.Background(), Text, nil) }()
		synctest.Wait()
		start := time.Now()
		if err := near.Close(1000, ""); err == nil || time.Since(start) != 5*time.Second {
			t.Errorf("Close must wait for the message, for 5s; got %v after %v", err, time.Since(start))
		}
		if _, ok := errors.AsType[*TransportError](<-waits); !ok {
			t.Error("the end of the connection must end the wait")
		}
	})
}

func TestConnCloseWriteDuringMessage(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		w := mustStart(t, near, Text)
		if _, err := w.Write([]byte("begin, ")); err != nil {
			t.Fatal(err)
		}
		if err := near.CloseWrite(1000, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("end")); err != nil {
			t.Errorf("a message that was begun can be completed after CloseWrite; got %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		wantRead(t, far, "begin, end")
		_ = wantReadError[*PeerClosed](t, far)
	})
}

func TestConnCloseWriteBeforeFirstWrite(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		far.driver.Pause() // so that it does not answer our Close
		w := mustStart(t, near, Text)
		if err := near.CloseWrite(1000, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("x")); !errors.Is(err, protocol.ErrClosing) {
			t.Errorf("no message can begin after our Close; got %v", err)
		}
		if err := w.Close(); !errors.Is(err, protocol.ErrClosing) {
			t.Errorf("Close of a writer whose message was not sent must return ErrClosing; got %v", err)
		}
	})
}

// After our Close each call that sends returns ErrClosing, and after the closing handshake the error of the end.
func TestConnWriteAfterCloseWrite(t *testing.T) {
	prepared, err := Prepare(Text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]func(ctx context.Context, c *Conn, begun *MessageWriter) error{
		"Write":               func(ctx context.Context, c *Conn, _ *MessageWriter) error { return c.Write(ctx, Text, nil) },
		"WritePrepared":       func(ctx context.Context, c *Conn, _ *MessageWriter) error { return c.WritePrepared(ctx, prepared) },
		"Ping":                func(ctx context.Context, c *Conn, _ *MessageWriter) error { return c.Ping(ctx) },
		"MessageWriter.Write": func(_ context.Context, _ *Conn, w *MessageWriter) error { _, err := w.Write([]byte("x")); return err },
		"MessageWriter.Close": func(_ context.Context, _ *Conn, w *MessageWriter) error { return w.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
				far.driver.Pause() // so that it does not answer our Close
				start := func() *MessageWriter { return nil }
				if strings.HasPrefix(name, "MessageWriter") {
					start = func() *MessageWriter { return mustStart(t, near, Text) }
				}
				first := start()
				if err := near.CloseWrite(4001, "bye"); err != nil {
					t.Fatal(err)
				}
				if err := send(t.Context(), near, first); !errors.Is(err, protocol.ErrClosing) {
					t.Errorf("before the answer to our Close the error must be ErrClosing; got %v", err)
				}
				if first != nil {
					_ = first.Close()
				}
				second := start()
				far.driver.Resume()
				<-near.Done()
				err := send(t.Context(), near, second)
				if e, ok := errors.AsType[*LocalClosed](err); !ok || e.Status != (Status{Code: 4001, Reason: "bye"}) || !e.Clean {
					t.Errorf("after the closing handshake the error must be its end; got %v", err)
				}
			})
		})
	}
}

// Messages that are written at the same time as our Close are sent before it, or are refused with ErrClosing without a wait.
func TestConnWriteDuringCloseWrite(t *testing.T) {
	for name, closes := range map[string]func(c *Conn){
		"CloseWrite":   func(c *Conn) { _ = c.CloseWrite(4001, "") },
		"CloseDiscard": func(c *Conn) { _ = c.CloseDiscard(4001, "") },
	} {
		t.Run(name, func(t *testing.T) {
			for range 100 {
				eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
					far.driver.Pause() // so that it does not answer our Close
					var writers sync.WaitGroup
					for range 4 {
						writers.Go(func() {
							var err error
							for err == nil {
								err = near.Write(context.Background(), Text, nil)
							}
							if !errors.Is(err, protocol.ErrClosing) {
								t.Errorf("the error must be ErrClosing; got %v", err)
							}
						})
					}
					go closes(near)
					writers.Wait()
				})
			}
		})
	}
}

// The send queue is bounded, and a write whose context ends has sent nothing.
func TestConnWriteBlocksOnSlowPeer(t *testing.T) {
	withPeer(t, Options{KeepAlive: -1}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		const size = 10_000
		peer.SetCapacity(1)
		sent := 0
		for ; c.Write(within(t, time.Second), Binary, make([]byte, size)) == nil; sent++ {
			if sent > 100 {
				t.Fatal("a peer that does not read must stop the writer")
			}
		}
		if queued := c.driver.Queued(); queued >= writeBound+size+protocol.MaxHeader {
			t.Errorf("the send queue must have at most the bound and one message; it has %d bytes", queued)
		}
		w, err := c.Writer(within(t, time.Second), Binary)
		if w != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a message in pieces must wait too; got %v", err)
		}
		if err := c.Ping(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a ping must wait too; got %v", err)
		}
		go func() { _ = c.CloseWrite(1000, "") }()
		for range sent {
			if f, err := wiretest.ReadFrame(peer); err != nil || len(f.Payload) != size {
				t.Fatalf("each message whose write succeeded must arrive; got %v, %v", f, err)
			}
		}
		if f, err := wiretest.ReadFrame(peer); err != nil || f.String() != "close 1000" {
			t.Errorf("nothing may arrive of a write that failed; got %v, %v", f, err)
		}
	})
}

// When the send queue is drained, all messages and pings that wait for it are sent.
func TestConnWriteContinuesWhenDrained(t *testing.T) {
	withPeer(t, Options{KeepAlive: -1}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		for c.driver.Queued() < writeBound {
			if err := c.Write(t.Context(), Binary, make([]byte, 40_000)); err != nil {
				t.Fatal(err)
			}
		}
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() { _ = c.Write(context.Background(), Binary, make([]byte, 70_000)) })
			waiting.Go(func() { _ = c.Ping(within(t, time.Minute)) })
		}
		synctest.Wait()
		pings, frames := 0, 0
		for {
			_ = peer.SetReadDeadline(time.Now().Add(time.Second))
			f, err := wiretest.ReadFrame(peer)
			if err != nil {
				break
			}
			frames++
			if f.Op == protocol.Ping {
				pings++
			}
		}
		if pings != 3 || frames < 3+3+2 {
			t.Errorf("all messages and pings that waited must be sent; got %d frames, %d of them pings", frames, pings)
		}
		waiting.Wait()
	})
}

// eagerConn is a transport that accepts nothing until eager is set, and then everything at once.
type eagerConn struct {
	*memconn.Conn
	eager  atomic.Bool
	report func() // reports that the transport can be written
}

func (c *eagerConn) Watch(report func()) {
	c.report = report
	c.Conn.Watch(report)
}

func (c *eagerConn) TryWrite(p []byte) (int, error) {
	if !c.eager.Load() {
		return 0, syscall.EAGAIN
	}
	return c.Conn.TryWrite(p)
}

// A frame that is written at once causes no Drained event, so each goroutine that has waited
// for the send queue must wake the next one.
func TestConnPingContinuesWithoutDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := memconn.Pipe()
		transport := &eagerConn{Conn: ours}
		c := NewConn(readiness.Conn{Reporter: transport}, protocol.Server, nil, Options{KeepAlive: -1})
		defer c.CloseNow()
		if err := c.Write(t.Context(), Binary, make([]byte, 200_000)); err != nil {
			t.Fatal(err)
		}
		var waiting sync.WaitGroup
		for range 5 {
			waiting.Go(func() { _ = c.Ping(within(t, time.Minute)) })
		}
		synctest.Wait()
		transport.eager.Store(true)
		transport.report()
		if _, err := wiretest.ReadFrame(peer); err != nil {
			t.Fatal(err)
		}
		for n := range 5 {
			_ = peer.SetReadDeadline(time.Now().Add(time.Second))
			if f, err := wiretest.ReadFrame(peer); err != nil || f.Op != protocol.Ping {
				t.Fatalf("all 5 pings that wait for the send queue must be sent; %d were, %v", n, err)
			}
		}
		waiting.Wait()
	})
}

func TestConnWriteReturnsAtEnd(t *testing.T) {
	withPeer(t, Options{KeepAlive: -1, ReadAhead: 10}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		fillReadAhead(t, peer)
		result := make(chan error)
		go func() {
			var err error
			for err == nil {
				err = c.Write(context.Background(), Binary, make([]byte, 10_000))
			}
			result <- err
		}()
		synctest.Wait()
		peer.Reset()
		if _, ok := errors.AsType[*TransportError](<-result); !ok {
			t.Error("a writer that waits for the send queue must return the error of the end")
		}
	})
}

func TestConnWriteConcurrent(t *testing.T) {
	onPair(t, Options{}, func(t *testing.T, p *pair) {
		const writers, messages = 5, 40
		for i := range writers {
			go func() {
				for n := range messages {
					message := bytes.Repeat(fmt.Appendf(nil, "%d/%d;", i, n), 50)
					if n%2 == 0 {
						_ = p.client.Write(context.Background(), Text, message)
						continue
					}
					w, err := p.client.Writer(context.Background(), Text)
					if err != nil {
						return
					}
					for part := range bytes.SplitSeq(message, []byte(";")) {
						_, _ = w.Write(append(part, ';'))
					}
					_ = w.Close()
				}
			}()
		}
		next := make([]int, writers)
		for range writers * messages {
			_, b, err := p.server.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var i, n int
			_, _ = fmt.Sscanf(string(b), "%d/%d;", &i, &n)
			one := fmt.Appendf(nil, "%d/%d;", i, n)
			if rest := bytes.Trim(bytes.ReplaceAll(b, one, nil), ";"); len(rest) > 0 || n != next[i] {
				t.Fatalf("messages must arrive complete and in the order of their writer; got %.60q, want number %d", b, next[i])
			}
			next[i]++
		}
	})
}
