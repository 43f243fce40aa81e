package websocket

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/lingerws/linger/protocol"
)

// countingConn counts the bytes that are written and read.
type countingConn struct {
	net.Conn
	written, read *atomic.Int64
}

func (c countingConn) Write(p []byte) (int, error) {
	c.written.Add(int64(len(p))) // before Write, since the echo may arrive before it returns
	return c.Conn.Write(p)
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// compressedPair is a client of a test server, and how many bytes it has written and read.
type compressedPair struct {
	client        *Conn
	written, read atomic.Int64
}

func newCompressedPair(t *testing.T, server, client *CompressionOptions, serve func(*Conn)) *compressedPair {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, &AcceptOptions{Options: Options{Compression: server}})
		if err == nil {
			serve(c)
		}
	}))
	t.Cleanup(s.Close)
	p := &compressedPair{}
	dialer := func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return countingConn{nc, &p.written, &p.read}, err
	}
	var err error
	p.client, err = Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"),
		&DialOptions{Options: Options{Compression: client, MaxMessage: 8 << 20}, NetDial: dialer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.CloseNow)
	return p
}

func echoMessages(c *Conn) {
	for {
		op, message, err := c.Read(context.Background())
		if err != nil {
			return
		}
		if c.Write(context.Background(), op, message) != nil {
			return
		}
	}
}

func (p *compressedPair) roundTrip(t *testing.T, op MessageType, message []byte) {
	t.Helper()
	if err := p.client.Write(t.Context(), op, message); err != nil {
		t.Fatal(err)
	}
	gotOp, got, err := p.client.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if gotOp != op || !bytes.Equal(got, message) {
		t.Fatalf("a message of %d bytes must come back unchanged; got %s of %d bytes", len(message), gotOp, len(got))
	}
}

func TestConnCompression(t *testing.T) {
	noise := make([]byte, 100_000)
	_, _ = rand.Read(noise)
	for name, options := range map[string]CompressionOptions{
		"with context takeover":    {},
		"without context takeover": {NoContextTakeover: true},
		"with small windows":       {WindowBits: 9},
		"everything compressed":    {Threshold: 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newCompressedPair(t, &options, &options, echoMessages)
			for range 3 {
				p.roundTrip(t, Text, nil)
				p.roundTrip(t, Text, []byte("x"))
				p.roundTrip(t, Text, []byte(strings.Repeat(`{"name":"κόσμε","room":"lobby"}`, 100)))
				p.roundTrip(t, Binary, bytes.Repeat([]byte{0}, 1<<20))
				p.roundTrip(t, Binary, noise)
			}
			if err := p.client.Close(protocol.CloseNormal, "done"); err != nil {
				t.Errorf("a compressed connection must close cleanly; got %v", err)
			}
		})
	}
}

func TestConnCompressionNegotiation(t *testing.T) {
	text := []byte(strings.Repeat("the same words again and again, ", 1000))
	for name, c := range map[string]struct {
		server, client *CompressionOptions
		compressed     bool
	}{
		"both":            {&CompressionOptions{}, &CompressionOptions{}, true},
		"only the server": {&CompressionOptions{}, nil, false},
		"only the client": {nil, &CompressionOptions{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newCompressedPair(t, c.server, c.client, echoMessages)
			p.roundTrip(t, Text, text)
			small := p.written.Load() < int64(len(text)/10) && p.read.Load() < int64(len(text)/10)
			if small != c.compressed {
				t.Errorf("32 KB of repetitive text must be compressed: %t; it took %d bytes there and %d back",
					c.compressed, p.written.Load(), p.read.Load())
			}
		})
	}
}

func TestConnCompressionContextTakeover(t *testing.T) {
	var message []byte // without repetitions: only the message before it helps to compress it
	for i := range uint32(110) {
		message = fmt.Appendf(message, "%08x ", (i+1)*2654435761)
	}
	for _, without := range []bool{false, true} {
		options := &CompressionOptions{NoContextTakeover: without}
		p := newCompressedPair(t, options, options, echoMessages)
		p.roundTrip(t, Binary, message)
		before := p.written.Load()
		p.roundTrip(t, Binary, message)
		if took := p.written.Load() - before; (took > 400) != without {
			t.Errorf("NoContextTakeover %t: a repeated message of 990 bytes took %d bytes", without, took)
		}
	}
}

func TestConnWriterCompressed(t *testing.T) {
	options := &CompressionOptions{}
	p := newCompressedPair(t, options, options, echoMessages)
	w, err := p.client.Writer(t.Context(), Text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := fmt.Fprintf(w, "line %d of a message in pieces\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, r, err := p.client.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || strings.Count(string(got), "\n") != 100 || !strings.HasSuffix(string(got), "line 99 of a message in pieces\n") {
		t.Errorf("100 compressed fragments must come back; got %d lines, %v", strings.Count(string(got), "\n"), err)
	}
}

// A prepared message is sent on compressed and on plain connections, between other messages,
// and becomes a part of the window.
func TestConnWritePreparedCompressed(t *testing.T) {
	text := strings.Repeat("to all subscribers, ", 200)
	prepared, err := Prepare(Text, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	serve := func(c *Conn) {
		for _, own := range []string{"before " + text, "", "after " + text} {
			var err error
			if own == "" {
				err = c.WritePrepared(context.Background(), prepared)
			} else {
				err = c.Write(context.Background(), Text, []byte(own))
			}
			if err != nil {
				return
			}
		}
		_ = c.Close(protocol.CloseNormal, "")
	}
	for name, options := range map[string]*CompressionOptions{
		"compressed": {}, "without takeover": {NoContextTakeover: true}, "with a small window": {WindowBits: 9}, "plain": nil,
	} {
		t.Run(name, func(t *testing.T) {
			p := newCompressedPair(t, options, options, serve)
			for _, want := range []string{"before " + text, text, "after " + text} {
				_, got, err := p.client.Read(t.Context())
				if err != nil || string(got) != want {
					t.Fatalf("the next message must be %.10q...; got %d bytes, %v", want, len(got), err)
				}
			}
			if (p.read.Load() < int64(len(text))) != (options != nil) {
				t.Errorf("three messages of 4 KB took %d bytes", p.read.Load())
			}
		})
	}
}

func TestConnReadCompressionBomb(t *testing.T) {
	ended := make(chan error, 1)
	options := &CompressionOptions{}
	p := newCompressedPair(t, options, options, func(c *Conn) {
		_, _, err := c.Read(context.Background())
		ended <- err
	})
	bomb := make([]byte, 4<<20) // the limit of the server is 1 MiB
	if err := p.client.Write(t.Context(), Binary, bomb); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.client.Read(t.Context()); !isClose(err, protocol.CloseMessageTooBig) {
		t.Errorf("4 MiB of compressed zeros must be closed with 1009; got %v", err)
	}
	if failed, ok := errors.AsType[*LocalClosed](<-ended); !ok || failed.Violation == nil {
		t.Errorf("the server must read a violation; got %v", failed)
	}
	if sent := p.written.Load(); sent > 64<<10 {
		t.Errorf("the message must be compressed to at most 64 KiB; it took %d bytes", sent)
	}
}

func isClose(err error, code protocol.CloseCode) bool {
	closed, ok := errors.AsType[*PeerClosed](err)
	return ok && closed.Code == code
}
