package websocket

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
)

// quitting is a handler that echoes, and ends its goroutine in one of its calls, as
// t.Fatal does.
type quitting struct {
	in string // the call
	*ends
}

func (q quitting) quit(call string) {
	if call == q.in {
		runtime.Goexit()
	}
}

func (q quitting) Message(d *Driver, m protocol.Event) {
	q.quit("Message")
	_, _ = d.Send(m.Opcode, m.Payload)
}

func (q quitting) Pong(*Driver, []byte) { q.quit("Pong") }

func (q quitting) PeerClose(d *Driver, _ protocol.Status) {
	q.quit("PeerClose")
	d.AnswerClose()
}

func (q quitting) Failing(d *Driver) {
	q.quit("Failing")
	d.Fail()
}

func (q quitting) Drained(*Driver) { q.quit("Drained") }

func (q quitting) Closed(d *Driver, end Outcome) {
	q.ends.Closed(d, end)
	q.quit("Closed")
}

// quittingBatcher is the same for a handler that takes batches. BatchEnd ends its goroutine
// the first few times.
type quittingBatcher struct {
	quitting
	times *atomic.Int32
}

func (q quittingBatcher) Batch(d *Driver, events []protocol.Event) (pending bool) {
	for _, ev := range events {
		switch ev.Kind {
		case protocol.EventMessage:
			q.Message(d, ev)
			if string(ev.Payload) == "pause" {
				d.Pause()
				time.AfterFunc(time.Millisecond, d.Resume)
			}
		case protocol.EventPeerClose:
			q.PeerClose(d, ev.Status)
		case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventFailing, protocol.EventClosed:
		}
	}
	return true
}

func (q quittingBatcher) BatchEnd(*Driver) {
	if q.times.Add(-1) >= 0 {
		q.quit("BatchEnd")
	}
}

// A handler that ends its goroutine loses its connection at most; the process, the loops
// and the other connections go on.
func TestAHandlerThatEndsItsGoroutineLosesItsConnectionOnly(t *testing.T) {
	violating := violation()
	for call, input := range map[string][]byte{
		"Message":   textFrame("x"),
		"Pong":      frame(protocol.Server, protocol.Pong, nil),
		"PeerClose": closeFrame(1000, ""),
		"Failing":   violating,
		"Drained":   textFrame("drain"),
		"Closed":    closeFrame(1000, ""),
		"Batch":     textFrame("x"),
	} {
		for _, blocking := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, blocking %t", call, blocking), func(t *testing.T) {
				for range 2 * runtime.GOMAXPROCS(0) {
					h := Handler(quitting{call, newEnds()})
					if call == "Batch" {
						h = quittingBatcher{quitting{"Message", newEnds()}, new(atomic.Int32)}
					}
					d, peer := quittingPair(t, h, nil, blocking)
					if call == "Drained" {
						_, _ = d.Send(Binary, make([]byte, 8<<20))
					}
					_, _ = peer.Write(input)
					_, _ = io.Copy(io.Discard, peer) // until our end of TCP, in order or by a reset
					_ = peer.Close()
					wantDone(t, d)
				}
				wantEchoes(t, blocking)
			})
		}
	}
}

// With BatchEnd the connection goes on as well: what is left of its input is read by
// another goroutine.
func TestABatchEndThatEndsItsGoroutineLosesNothing(t *testing.T) {
	many := bytes.Repeat(textFrame("hello"), 200) // more than one call of Batch takes
	for name, c := range map[string]struct{ early, input []byte }{
		"a message":                    {nil, textFrame("hello")},
		"many messages":                {nil, many},
		"with the handshake":           {textFrame("hello"), nil},
		"many with the handshake":      {many, many},
		"after the handler has paused": {nil, append(textFrame("pause"), many...)},
		"more than one read":           {nil, bytes.Repeat(many, 100)},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 * runtime.GOMAXPROCS(0) {
				times := new(atomic.Int32)
				times.Store(3)
				_, peer := quittingPair(t, quittingBatcher{quitting{"BatchEnd", newEnds()}, times}, bytes.Clone(c.early), false)
				want := len(c.early) + len(c.input)
				want -= 4 * (bytes.Count(c.early, []byte{0x81}) + bytes.Count(c.input, []byte{0x81})) // their masks
				go func() { _, _ = peer.Write(c.input) }()
				if _, err := io.ReadFull(peer, make([]byte, want)); err != nil {
					t.Fatalf("all messages are echoed; got %v", err)
				}
				for range 5 {
					wantBack(t, peer, "afterwards")
				}
			}
			wantEchoes(t, false)
		})
	}
}

func quittingPair(t *testing.T, h Handler, early []byte, blocking bool) (*Driver, *net.TCPConn) {
	t.Helper()
	near, peer := wirePair(t)
	d := NewDriver(near, protocol.Server, early, Options{KeepAlive: -1, HalfOpen: true, Blocking: blocking})
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	_ = peer.SetDeadline(time.Now().Add(time.Minute))
	return d, peer
}

// wantEchoes fails unless other connections, on each loop, go on.
func wantEchoes(t *testing.T, blocking bool) {
	t.Helper()
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := quittingPair(t, quitting{"", newEnds()}, nil, blocking)
		wantBack(t, peer, "on another connection")
	}
}

// wantBack fails unless a message comes back.
func wantBack(t *testing.T, peer net.Conn, what string) {
	t.Helper()
	if _, err := peer.Write(textFrame("hello")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(peer, got); err != nil || string(got[2:]) != "hello" {
		t.Fatalf("%s: a message must be echoed; got %q, %v", what, got, err)
	}
}
