package driver

import (
	"io"
	"net"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func BenchmarkEcho64(b *testing.B)           { benchmarkEcho(b, 64, 1) }
func BenchmarkEcho64InFlight16(b *testing.B) { benchmarkEcho(b, 64, 16) }
func BenchmarkEcho16K(b *testing.B)          { benchmarkEcho(b, 16<<10, 1) }

// benchmarkEcho measures messages that are sent to a server on loopback TCP and echoed.
// inFlight messages are sent at once.
func benchmarkEcho(b *testing.B, size, inFlight int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	peer, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	ours, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	New(ours, protocol.Server, nil, Options{}).Start(echo{})
	var out []byte
	for range inFlight {
		out = append(out, wiretest.Frame(protocol.Server, protocol.Binary, make([]byte, size))...)
	}
	in := make([]byte, len(out)-4*inFlight)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%inFlight > 0 { // one exchange for inFlight messages
			continue
		}
		if _, err := peer.Write(out); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(peer, in); err != nil {
			b.Fatal(err)
		}
	}
}
