package driver

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// quiet is a Handler that answers nothing and keeps the end.
type quiet struct{ *ends }

func (quiet) Events(d *Driver, events []protocol.Event) (work bool) {
	return eachMessage(events, func(protocol.Event) {})
}

// onWire returns a connection on TCP, or on TLS, which is told to the returned
// handler, and its peer.
func onWire(t *testing.T, role protocol.Role, secure bool, opts Options) (*Driver, quiet, *wiretest.Far) {
	t.Helper()
	near, peer := wiretest.WirePair(t)
	f := &wiretest.Far{Conn: peer, TCP: peer, Role: role}
	nc := net.Conn(near)
	if secure {
		nc, f.Conn = wiretest.TLSPair(t, role, near, peer)
	}
	f.R = bufio.NewReader(f.Conn)
	_ = f.SetDeadline(time.Now().Add(20 * time.Second)) // a test that waits longer has failed
	h := quiet{newEnds()}
	d := New(nc, role, nil, opts)
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	return d, h, f
}
