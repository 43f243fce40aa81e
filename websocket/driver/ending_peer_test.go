package driver

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// quiet is a handler that does not reply, and records outcomes.
type quiet struct{ *ends }

func (quiet) Events(d *Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(protocol.Event) {})
}

// onWire returns a connection on TCP or TLS, its handler and its peer. Timeouts of closing
// that are not set are longer than the tests wait.
func onWire(t *testing.T, role protocol.Role, secure bool, opts Options) (*Driver, quiet, *wiretest.Far) {
	t.Helper()
	near, peer := wiretest.WirePair(t)
	f := &wiretest.Far{Conn: peer, TCP: peer, Role: role}
	nc := net.Conn(near)
	if secure {
		nc, f.Conn = wiretest.TLSPair(t, role, near, peer)
	}
	f.R = bufio.NewReader(f.Conn)
	_ = f.SetDeadline(time.Now().Add(time.Minute)) // a test that waits longer has failed
	h := quiet{newEnds()}
	d := New(nc, role, nil, unbounded(opts))
	d.Start(h)
	t.Cleanup(func() { d.CloseNow(); _ = peer.Close() })
	return d, h, f
}
