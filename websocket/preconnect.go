package websocket

import (
	"net"
	"net/http"
	"sync"
)

// preconnects are the connections on which no request has arrived. Browsers open some in
// advance, and [http.Server.Shutdown] waits five seconds for each.
type preconnects struct{ conns sync.Map }

// track is called for each connection when its state changes.
func (p *preconnects) track(conn net.Conn, state http.ConnState) {
	if state == http.StateNew {
		p.conns.Store(conn, nil)
	} else {
		p.conns.Delete(conn)
	}
}

// close closes all of them.
func (p *preconnects) close() {
	p.conns.Range(func(conn, _ any) bool {
		if c, ok := conn.(net.Conn); ok {
			_ = c.Close() // the client may have closed it
		}
		return true
	})
}
