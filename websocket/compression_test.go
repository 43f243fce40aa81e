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

// wireCounter counts what passes a connection.
type wireCounter struct {
	net.Conn
	written, read *atomic.Int64
}

func (c wireCounter) Write(p []byte) (int, error) {
	c.written.Add(int64(len(p))) // before, since the echo may be faster than we are behind
	return c.Conn.Write(p)
}

func (c wireCounter) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// compressedPair is a client on a server that runs serve.
type compressedPair struct {
	client        *Conn
	written, read atomic.Int64 // bytes, as the client counts them
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
		return wireCounter{nc, &p.written, &p.read}, err
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
		t.Fatalf("a message of %d bytes comes back as %s of %d bytes, changed", len(message), gotOp, len(got))
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
				t.Errorf("a compressed connection does not close cleanly: %v", err)
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
		"both want it":    {&CompressionOptions{}, &CompressionOptions{}, true},
		"only the server": {&CompressionOptions{}, nil, false},
		"only the client": {nil, &CompressionOptions{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newCompressedPair(t, c.server, c.client, echoMessages)
			p.roundTrip(t, Text, text)
			small := p.written.Load() < int64(len(text)/10) && p.read.Load() < int64(len(text)/10)
			if small != c.compressed {
				t.Errorf("32 KB of repetitive text took %d bytes out and %d back; compressed: expected %v",
					p.written.Load(), p.read.Load(), c.compressed)
			}
		})
	}
}

func TestConnCompressionContextTakeover(t *testing.T) {
	var message []byte // words that do not repeat: only the message before can help
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
			t.Errorf("without takeover: %v; a message sent again took %d bytes of 990", without, took)
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
		t.Errorf("100 compressed fragments come back as %d lines, %v", strings.Count(string(got), "\n"), err)
	}
}

// A message prepared once reaches compressed and plain connections, between others
// of theirs, and is in the window afterwards.
func TestConnWritePreparedCompressed(t *testing.T) {
	text := strings.Repeat("news for everybody, ", 200)
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
					t.Fatalf("got %d bytes, %v; expected %.10q...", len(got), err, want)
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
	bomb := make([]byte, 4<<20) // the server takes 1 MiB
	if err := p.client.Write(t.Context(), Binary, bomb); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.client.Read(t.Context()); !isClose(err, protocol.CloseMessageTooBig) {
		t.Errorf("4 MiB of zeros, compressed, end in %v; expected 1009", err)
	}
	if failed, ok := errors.AsType[*LocalClosed](<-ended); !ok || failed.Violation == nil {
		t.Errorf("the server reads %v; expected its own failure", failed)
	}
	if sent := p.written.Load(); sent > 64<<10 {
		t.Errorf("the bomb was sent in %d bytes: it is none", sent)
	}
}

func isClose(err error, code protocol.CloseCode) bool {
	closed, ok := errors.AsType[*PeerClosed](err)
	return ok && closed.Code == code
}
