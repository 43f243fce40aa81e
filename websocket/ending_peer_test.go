package websocket

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// quiet is a Handler that answers nothing and keeps the end.
type quiet struct{ *ends }

func (quiet) Events(d *Driver, events []protocol.Event) (work bool) {
	return eachMessage(d, events, func(protocol.Event) {})
}

// onWire returns a connection on TCP, or on TLS, which is told to the returned
// handler, and its peer.
func onWire(t *testing.T, role protocol.Role, secure bool, opts Options) (*Driver, quiet, *far) {
	t.Helper()
	near, peer := wirePair(t)
	f := &far{Conn: peer, tcp: peer, role: role}
	nc := net.Conn(near)
	if secure {
		nc, f.Conn = tlsPair(t, role, near, peer)
	}
	f.r = bufio.NewReader(f.Conn)
	_ = f.SetDeadline(time.Now().Add(20 * time.Second)) // a test that waits longer has failed
	h := quiet{newEnds()}
	d := NewDriver(nc, role, nil, opts)
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	return d, h, f
}
