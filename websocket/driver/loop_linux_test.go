package driver

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// doing is a handler that calls a function with each message.
type doing struct {
	quiet
	message func(d *Driver, payload []byte)
}

func newDoing(message func(d *Driver, payload []byte)) doing {
	return doing{quiet{newEnds()}, message}
}

func (a doing) Events(d *Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(m protocol.Event) { a.message(d, m.Payload) })
}

func echoed(d *Driver, payload []byte) { _, _ = d.Send(protocol.Text, payload) }

func TestLoopGroupHandlerGoexit(t *testing.T) {
	group := newLoopGroup(t)
	for range 2 * runtime.GOMAXPROCS(0) {
		d, ending := groupPair(t, group, newDoing(func(*Driver, []byte) { runtime.Goexit() }))
		if _, err := ending.Write(wiretest.TextFrame("x")); err != nil {
			t.Fatal(err)
		}
		wantDone(t, d)
	}
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := groupPair(t, group, newDoing(echoed))
		wantBack(t, peer, "on each loop")
	}
}

func TestLoopGroupFloodDelaysNoOtherConnection(t *testing.T) {
	group := newLoopGroup(t)
	flood := bytes.Repeat(wiretest.TextFrame("flood"), 10_000)
	for range runtime.GOMAXPROCS(0) {
		_, flooding := groupPair(t, group, newDoing(func(*Driver, []byte) {}))
		go func() {
			for {
				if _, err := flooding.Write(flood); err != nil {
					return
				}
			}
		}()
	}
	for range 2 * runtime.GOMAXPROCS(0) {
		_, peer := groupPair(t, group, newDoing(echoed))
		for range 20 {
			wantBack(t, peer, "during a flood")
		}
	}
}

func TestLoopGroupDescriptorReuse(t *testing.T) {
	group := newLoopGroup(t)
	for range 50 {
		d, peer := groupPair(t, group, newDoing(echoed))
		wantBack(t, peer, "on a new connection")
		_, _ = peer.Write(wiretest.TextFrame("on its way"))
		d.CloseNow()
		wantDone(t, d)
	}
}
