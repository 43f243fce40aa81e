package driver

import (
	"bytes"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// watchedPair returns a peer, and a driver that a loop watches, unless all wait.
func watchedPair(t *testing.T, h Handler) (*Driver, *net.TCPConn) {
	t.Helper()
	near, peer := wiretest.WirePair(t)
	d := New(near, protocol.Server, nil, Options{KeepAlive: -1})
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	_ = peer.SetDeadline(time.Now().Add(20 * time.Second))
	return d, peer
}

// doing is a handler that does something with messages.
type doing struct {
	quiet
	message func(d *Driver, payload []byte)
}

func newDoing(message func(d *Driver, payload []byte)) doing {
	return doing{quiet{newEnds()}, message}
}

func (a doing) Events(d *Driver, events []protocol.Event) (work bool) {
	return eachMessage(d, events, func(m protocol.Event) { a.message(d, m.Payload) })
}

func echoed(d *Driver, payload []byte) { _, _ = d.Send(protocol.Text, payload) }

func TestAHandlerThatEndsItsGoroutineStopsNoLoop(t *testing.T) {
	for range 2 * runtime.GOMAXPROCS(0) {
		d, ending := watchedPair(t, newDoing(func(*Driver, []byte) { runtime.Goexit() }))
		if _, err := ending.Write(wiretest.TextFrame("x")); err != nil {
			t.Fatal(err)
		}
		wantDone(t, d)
	}
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := watchedPair(t, newDoing(echoed))
		wantBack(t, peer, "on each loop")
	}
}

func TestAFloodHoldsUpNobody(t *testing.T) {
	flood := bytes.Repeat(wiretest.TextFrame("flood"), 10_000)
	for range runtime.GOMAXPROCS(0) {
		_, flooding := watchedPair(t, newDoing(func(*Driver, []byte) {}))
		go func() {
			for {
				if _, err := flooding.Write(flood); err != nil {
					return
				}
			}
		}()
	}
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := watchedPair(t, newDoing(echoed))
		for range 20 {
			wantBack(t, peer, "beside a flood")
		}
	}
}

func TestADescriptorThatIsTakenOverHearsNothingOfTheLast(t *testing.T) {
	for range 50 {
		d, peer := watchedPair(t, newDoing(echoed))
		wantBack(t, peer, "on a new connection")
		_, _ = peer.Write(wiretest.TextFrame("on its way"))
		d.CloseNow()
		wantDone(t, d)
	}
}
