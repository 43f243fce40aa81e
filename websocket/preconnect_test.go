package websocket

import (
	"net"
	"net/http"
	"testing"
)

// closedConn records whether it has been closed.
type closedConn struct {
	net.Conn
	closed bool
}

func (c *closedConn) Close() error {
	c.closed = true
	return nil
}

func TestPreconnectsClose(t *testing.T) {
	var p preconnects
	unused, used, gone := &closedConn{}, &closedConn{}, &closedConn{}
	for _, c := range []*closedConn{unused, used, gone} {
		p.track(c, http.StateNew)
	}
	p.track(used, http.StateActive)
	p.track(gone, http.StateClosed)
	p.close()
	if !unused.closed {
		t.Error("a connection without a request must be closed")
	}
	if used.closed || gone.closed {
		t.Errorf("a connection on which a request has arrived must not be closed; closed: %v, %v", used.closed, gone.closed)
	}
}
