package websocket

import (
	"bytes"
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

// fragment returns one frame of a fragmented message, as a client sends it.
func fragment(op protocol.Opcode, text string, fin bool) []byte {
	b := wiretest.Frame(protocol.Server, op, []byte(text))
	if !fin {
		b[0] &^= 0x80
	}
	return b
}

func TestConnReadFragments(t *testing.T) {
	withPeer(t, Options{ReadAhead: 1}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, fragment(Text, "one ", false))
		write(t, peer, wiretest.Frame(protocol.Server, protocol.Ping, nil))
		write(t, peer, fragment(protocol.Continuation, "", false))
		write(t, peer, fragment(protocol.Continuation, "message", true))
		wantRead(t, c, "one message")
	})
}

// The context of Read ends after each byte of a message.
func TestConnReadCancelled(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		message := append(append(fragment(Text, "one ", false), fragment(protocol.Continuation, "message", true)...), wiretest.TextFrame("another")...)
		for _, b := range message {
			if _, _, err := c.Read(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("before the message is complete Read must wait; got %v", err)
			}
			write(t, peer, []byte{b})
			synctest.Wait()
			if n := c.received.pieces.Len(); n > 0 && c.received.pieces.At(n-1).last {
				break
			}
		}
		wantRead(t, c, "one message")
	})
}

// The reader begins at the start of the message.
func TestConnReaderAfterCancelledRead(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, fragment(Text, "one ", false))
		if _, _, err := c.Read(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		write(t, peer, fragment(protocol.Continuation, "message", true))
		op, r, err := c.Reader(t.Context())
		if err != nil || op != Text {
			t.Fatalf("the message must be read; got %v, %v", op, err)
		}
		if b, err := io.ReadAll(r); err != nil || string(b) != "one message" {
			t.Errorf("nothing of the message may be lost; got %q, %v", b, err)
		}
	})
}

func TestConnReadIncompleteMessage(t *testing.T) {
	for name, end := range map[string]func(*memconn.Conn){
		"by a Close": func(peer *memconn.Conn) { _, _ = peer.Write(wiretest.CloseFrame(1000, "")) },
		"by EOF":     func(peer *memconn.Conn) { _ = peer.CloseWrite() },
		"by a reset": (*memconn.Conn).Reset,
	} {
		t.Run(name, func(t *testing.T) {
			withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
				write(t, peer, fragment(Text, "half a mess", false))
				_, r, err := c.Reader(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				end(peer)
				b, err := io.ReadAll(r)
				if string(b) != "half a mess" || err == nil {
					t.Errorf("a reader must return what has arrived and then an error; got %q, %v", b, err)
				}
				for range 2 {
					if _, b, err := c.Read(t.Context()); err == nil {
						t.Errorf("Read must not return a part of a message; got %q", b)
					}
				}
			})
		})
	}
}

func TestConnReader(t *testing.T) {
	onPair(t, Options{ReadAhead: 10_000}, func(t *testing.T, p *pair) {
		want := bytes.Repeat([]byte("0123456789"), 90_000)
		go func() { _ = p.client.Write(context.Background(), Binary, want) }()
		_, r, err := p.server.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		buf := make([]byte, 777)
		for err == nil {
			var n int
			n, err = r.Read(buf)
			got.Write(buf[:n])
			if held := p.server.held(); held > 10_000+readSize+pieceCost {
				t.Fatalf("a message must not be held in memory; %d bytes are", held)
			}
		}
		if !errors.Is(err, io.EOF) || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("the message must be complete and end with EOF; got %d of %d bytes, %v", got.Len(), len(want), err)
		}
		if n, err := r.Read(buf); n > 0 || !errors.Is(err, io.EOF) {
			t.Errorf("after the end Read must return EOF again; got %d, %v", n, err)
		}
		if n, err := r.Read(nil); n > 0 || err != nil {
			t.Errorf("Read with an empty buffer must return 0 and nil; got %d, %v", n, err)
		}
	})
}

func TestConnReadSkipsRestOfMessage(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, fragment(Text, "read this", false))
		_, r, err := c.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Read(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the rest must be waited for; got %v", err)
		}
		write(t, peer, append(fragment(protocol.Continuation, "skip this", true), wiretest.TextFrame("next")...))
		wantRead(t, c, "next")
		if _, err := r.Read(make([]byte, 4)); !errors.Is(err, ErrStaleReader) {
			t.Errorf("a reader must be stale when another message has been requested; got %v", err)
		}
	})
}

// An ended context also ends reads of data that has arrived.
func TestMessageReaderContext(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, append(fragment(Text, "begin", false), fragment(protocol.Continuation, "end", true)...))
		ctx, cancel := context.WithCancel(t.Context())
		_, r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if n, err := r.Read(make([]byte, 10)); n > 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("a read must return the error of an ended context; got %d, %v", n, err)
		}
		write(t, peer, wiretest.TextFrame("next"))
		wantRead(t, c, "next")
	})
}

func TestConnReadConcurrent(t *testing.T) {
	onPair(t, Options{ReadAhead: 500}, func(t *testing.T, p *pair) {
		const messages = 200
		var mu sync.Mutex
		seen := map[string]int{}
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for {
					_, b, err := p.server.Read(context.Background())
					if err != nil {
						return
					}
					mu.Lock()
					seen[string(b)]++
					mu.Unlock()
				}
			})
		}
		for i := range messages {
			mustWrite(t, p.client, strings.Repeat("x", i))
		}
		if err := p.client.Close(1000, ""); err != nil {
			t.Error(err)
		}
		readers.Wait()
		for i := range messages {
			if seen[strings.Repeat("x", i)] != 1 {
				t.Fatalf("each message must be read once; message %d was read %d times", i, seen[strings.Repeat("x", i)])
			}
		}
	})
}
