package linger_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// dialRaw returns a client that does not allocate: the test prepares the bytes.
func dialRaw(tb testing.TB, address string) net.Conn {
	tb.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = nc.Close() })
	upgradeRaw(tb, nc)
	return nc
}

// upgradeRaw makes the opening handshake on a connection.
func upgradeRaw(tb testing.TB, nc io.ReadWriter) {
	tb.Helper()
	if _, err := io.WriteString(nc, upgradeRequest()); err != nil {
		tb.Fatal(err)
	}
	for last := [4]byte{}; string(last[:]) != "\r\n\r\n"; { // the end of the 101
		copy(last[:], last[1:])
		if _, err := io.ReadFull(nc, last[3:]); err != nil {
			tb.Fatal(err)
		}
	}
}

// listenRaw serves an application on TCP for clients of dialRaw.
func listenRaw(tb testing.TB, app linger.HandlerFuncs) (s *linger.Server, address string) {
	tb.Helper()
	s = linger.NewServer(app, linger.Options{Logger: slog.New(slog.DiscardHandler)})
	web := httptest.NewServer(http.HandlerFunc(s.ServeHTTP))
	tb.Cleanup(web.Close)
	return s, web.Listener.Addr().String()
}

// exchange sends bytes and reads as many as due has room for.
func exchange(tb testing.TB, nc io.ReadWriter, send, due []byte) {
	if _, err := nc.Write(send); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.ReadFull(nc, due); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkEcho(b *testing.B) {
	_, address := listenRaw(b, linger.HandlerFuncs{OnMessage: echo})
	nc := dialRaw(b, address)
	message := frame(protocol.Text, []byte(text(100)))
	due := make([]byte, 102)
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, nc, message, due)
	}
}

// A burst is a hundred messages in one write.
func BenchmarkEchoBurst(b *testing.B) {
	const burst = 100
	_, address := listenRaw(b, linger.HandlerFuncs{OnMessage: echo})
	nc := dialRaw(b, address)
	var all []byte
	for range burst {
		all = append(all, frame(protocol.Text, []byte(text(100)))...)
	}
	due := make([]byte, burst*102)
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, nc, all, due)
	}
}

func BenchmarkPublishToThousand(b *testing.B) {
	const many = 1000
	s, address := listenRaw(b, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
		_, _ = u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
	}})
	for range many {
		nc := dialRaw(b, address)
		go func() { _, _ = io.Copy(io.Discard, nc) }()
	}
	payload := linger.Text(text(100))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := s.Publish("lobby", payload); n != many || err != nil {
			b.Fatalf("every subscriber takes it; got %d, %v", n, err)
		}
	}
}
