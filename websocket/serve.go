package websocket

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger/websocket/internal/accept"
)

// Serve does what server.Serve(listener) does, at less cost for WebSockets: on TCP under Linux it parses upgrade requests
// itself, and calls server.Handler with a ResponseWriter from which [Accept] and linger.Server take the connection without
// net/http. When the handler does anything else with the response, or has run for five milliseconds, net/http serves the
// request. net/http serves all connections of other listeners, including TLS. Serve returns what server.Serve returns.
//
// The timeouts are those of the server: a zero [http.Server] has none, and the one of [NewHTTPServer] has all of them.
//
// Serve wraps Handler and the functions of the server, so it must be called before other methods that serve. ConnState is
// not called for a connection that is accepted without net/http. Shutdown closes the connection of a request that is less
// than five milliseconds old and has no response yet. A server with ConnContext is left to net/http altogether. The
// listener's socket gets the keep-alive options of package net, and TCP_DEFER_ACCEPT with one second: a connection is
// accepted when the client has sent something, or after that time.
func Serve(server *http.Server, listener net.Listener) error {
	return server.Serve(accept.NewListener(server, listener))
}

// ListenAndServe listens on a TCP address in the form host:port, and calls [Serve] with
// the server that [NewHTTPServer] returns. It always returns an error.
func ListenAndServe(address string, h http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return Serve(NewHTTPServer(h), listener)
}

// NewHTTPServer returns a server for [Serve] that limits how long it waits for a client:
// 10 s for the header of a request, the default of [BoundBodies] for the body, and two
// minutes until the next request. A nil handler means [http.DefaultServeMux]. Shutdown
// does not wait for connections that browsers have opened in advance; the ConnState of
// the server is set for that purpose.
func NewHTTPServer(h http.Handler) *http.Server {
	if h == nil {
		h = http.DefaultServeMux
	}
	var unused preconnects
	server := &http.Server{
		Handler:           BoundBodies(h, 0),
		ConnState:         unused.track,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
	}
	server.RegisterOnShutdown(unused.close)
	return server
}

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
)

// preconnects are the connections on which nothing has arrived. Browsers open some in
// advance, and [http.Server.Shutdown] would wait five seconds for each.
type preconnects struct{ conns sync.Map }

// track is the ConnState of the server.
func (p *preconnects) track(conn net.Conn, state http.ConnState) {
	if state == http.StateNew {
		p.conns.Store(conn, nil)
	} else {
		p.conns.Delete(conn)
	}
}

// close closes the connections.
func (p *preconnects) close() {
	p.conns.Range(func(conn, _ any) bool {
		if c, ok := conn.(net.Conn); ok {
			_ = c.Close() // the client may have closed it
		}
		return true
	})
}
