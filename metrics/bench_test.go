package metrics_test

import (
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/protocol"
)

// echoes exchanges messages of 100 bytes, a burst of them in one write, with a server that has metrics or not.
func echoes(b *testing.B, observed bool, burst int) {
	opts := linger.Options{Logger: slog.New(slog.DiscardHandler)}
	m := metrics.New(metrics.Options{})
	if observed {
		opts.Trace = m.Trace()
	}
	server := linger.NewServer(linger.HandlerFuncs{OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) }}, opts)
	m.Observe(server)
	web := httptest.NewServer(server)
	defer web.Close()
	nc := dial(b, web.Listener.Addr().String())
	h := protocol.Header{Fin: true, Opcode: protocol.Text, Length: 100, Masked: true}
	var messages []byte
	for range burst {
		messages = append(h.Append(messages), make([]byte, 100)...)
	}
	answers := make([]byte, 102*burst)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := nc.Write(messages); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(nc, answers); err != nil {
			b.Fatal(err)
		}
	}
}

// dial opens a connection and reads the 101.
func dial(b *testing.B, address string) net.Conn {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = nc.Close() })
	const request = "GET / HTTP/1.1\r\nHost: linger.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	if _, err := io.WriteString(nc, request); err != nil {
		b.Fatal(err)
	}
	for last := [4]byte{}; string(last[:]) != "\r\n\r\n"; {
		copy(last[:], last[1:])
		if _, err := io.ReadFull(nc, last[3:]); err != nil {
			b.Fatal(err)
		}
	}
	return nc
}

func BenchmarkEcho(b *testing.B) {
	b.Run("without", func(b *testing.B) { echoes(b, false, 1) })
	b.Run("with", func(b *testing.B) { echoes(b, true, 1) })
}

func BenchmarkEchoBurst(b *testing.B) {
	b.Run("without", func(b *testing.B) { echoes(b, false, 100) })
	b.Run("with", func(b *testing.B) { echoes(b, true, 100) })
}

// BenchmarkScrape reads all metrics of a server with 4,000 connections.
func BenchmarkScrape(b *testing.B) {
	m := metrics.New(metrics.Options{})
	server := linger.NewServer(linger.HandlerFuncs{}, linger.Options{Trace: m.Trace(), Logger: slog.New(slog.DiscardHandler)})
	m.Observe(server)
	web := httptest.NewServer(server)
	defer web.Close()
	for range 4000 {
		dial(b, web.Listener.Addr().String())
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Gatherer().Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
