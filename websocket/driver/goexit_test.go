package driver

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// quitting is a handler that echoes, and ends its goroutine in some of its calls, as
// [testing.T.Fatal] does.
type quitting struct {
	in    string // the call
	times *atomic.Int32
	*ends
}

func newQuitting(in string, times int32) quitting {
	q := quitting{in, new(atomic.Int32), newEnds()}
	q.times.Store(times)
	return q
}

func (q quitting) quit(call string) {
	if call == q.in && q.times.Add(-1) >= 0 {
		runtime.Goexit()
	}
}

func (q quitting) Events(d *Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		q.quit(nameOf[ev.Kind])
		switch ev.Kind {
		case protocol.EventMessage:
			_, _ = d.Send(ev.Opcode, ev.Payload)
			if string(ev.Payload) == "pause" {
				d.Pause()
				time.AfterFunc(time.Millisecond, d.Resume)
			}
		case protocol.EventPeerClose:
			d.AnswerClose()
		case protocol.EventFailing:
			d.Fail()
		case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventClosed:
		}
	}
	return true
}

var nameOf = map[protocol.EventKind]string{
	protocol.EventMessage: "message", protocol.EventPong: "pong", protocol.EventPeerClose: "peer close", protocol.EventFailing: "failing",
}

func (q quitting) Work(*Driver) { q.quit("Work") }

func (q quitting) Drained(*Driver) { q.quit("Drained") }

func (q quitting) Closed(d *Driver, end Outcome) {
	q.ends.Closed(d, end)
	q.quit("Closed")
}

// A handler that ends its goroutine may lose its own connection. It does not affect the loops
// and other connections.
func TestDriverHandlerGoexit(t *testing.T) {
	violating := wiretest.Violation()
	for call, input := range map[string][]byte{
		"message":    wiretest.TextFrame("x"),
		"pong":       wiretest.Frame(protocol.Server, protocol.Pong, nil),
		"peer close": wiretest.CloseFrame(1000, ""),
		"failing":    violating,
		"Drained":    wiretest.TextFrame("drain"),
		"Closed":     wiretest.CloseFrame(1000, ""),
	} {
		for _, way := range ways {
			t.Run(fmt.Sprintf("%s, %v", call, way), func(t *testing.T) {
				for range 2 * runtime.GOMAXPROCS(0) {
					d, peer := quittingPair(t, newQuitting(call, 1), nil, way)
					if call == "Drained" {
						_, _ = d.Send(protocol.Binary, make([]byte, 8<<20))
					}
					_, _ = peer.Write(input)
					_, _ = io.Copy(io.Discard, peer) // until our end of TCP, in order or by a reset
					_ = peer.Close()
					wantDone(t, d)
				}
				wantEchoes(t, way)
			})
		}
	}
}

// When Work ends its goroutine the connection stays open: another goroutine reads the rest of
// its input.
func TestDriverWorkGoexit(t *testing.T) {
	many := bytes.Repeat(wiretest.TextFrame("hello"), 200) // more than one call of Events takes
	for name, c := range map[string]struct{ early, input []byte }{
		"a message":                    {nil, wiretest.TextFrame("hello")},
		"many messages":                {nil, many},
		"with the handshake":           {wiretest.TextFrame("hello"), nil},
		"many with the handshake":      {many, many},
		"after the handler has paused": {nil, append(wiretest.TextFrame("pause"), many...)},
		"more than one read":           {nil, bytes.Repeat(many, 100)},
	} {
		for _, way := range ways {
			t.Run(fmt.Sprintf("%s, %v", name, way), func(t *testing.T) {
				for range 2 * runtime.GOMAXPROCS(0) {
					_, peer := quittingPair(t, newQuitting("Work", 3), bytes.Clone(c.early), way)
					want := len(c.early) + len(c.input)
					want -= 4 * (bytes.Count(c.early, []byte{0x81}) + bytes.Count(c.input, []byte{0x81})) // their masks
					go func() { _, _ = peer.Write(c.input) }()
					if _, err := io.ReadFull(peer, make([]byte, want)); err != nil {
						t.Fatalf("all messages must be echoed; got %v", err)
					}
					for range 5 {
						wantBack(t, peer, "afterwards")
					}
				}
				wantEchoes(t, way)
			})
		}
	}
}

func quittingPair(t *testing.T, h Handler, early []byte, way IO) (*Driver, *net.TCPConn) {
	t.Helper()
	near, peer := wiretest.WirePair(t)
	d := New(near, protocol.Server, early, Options{KeepAlive: -1, HalfOpen: true, IO: way})
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	_ = peer.SetDeadline(time.Now().Add(time.Minute))
	return d, peer
}

// wantEchoes fails unless other connections, on each loop, are served.
func wantEchoes(t *testing.T, way IO) {
	t.Helper()
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := quittingPair(t, newQuitting("", 0), nil, way)
		wantBack(t, peer, "on another connection")
	}
}

// wantBack fails unless a message comes back.
func wantBack(t *testing.T, peer net.Conn, what string) {
	t.Helper()
	if _, err := peer.Write(wiretest.TextFrame("hello")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(peer, got); err != nil || string(got[2:]) != "hello" {
		t.Fatalf("%s: a message must be echoed; got %q, %v", what, got, err)
	}
}
