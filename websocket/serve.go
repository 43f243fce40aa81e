package websocket

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger/websocket/internal/accept"
)

// Serve is server.Serve(listener) with a shorter way for WebSockets: on TCP under Linux it parses upgrade requests itself, and
// calls server.Handler with a ResponseWriter from which [Accept] and linger.Server get the connection without net/http. As
// soon as the handler does anything else with the response, or has run for five milliseconds, net/http serves the request.
// Connections of other listeners, TLS among them, are net/http's from the start. Serve returns what server.Serve does.
//
// The time limits are the server's: a zero [http.Server] has none, the one of [NewHTTPServer] has all of them.
//
// Serve wraps Handler and the functions of the server, so it has to be called before other methods that serve.
// ConnState is not called for a connection that is accepted the shorter way. Shutdown closes the connection of a
// request that is less than five milliseconds old and has no response yet. A server with ConnContext is left to net/http
// altogether. The listener's socket gets the keep-alive options of package net, and TCP_DEFER_ACCEPT with one second: a
// connection is accepted when the client has sent something, or after that time.
func Serve(server *http.Server, listener net.Listener) error {
	return server.Serve(accept.NewListener(server, listener))
}

// ListenAndServe listens on a TCP address, host:port, and calls [Serve] with the server
// that [NewHTTPServer] returns. It always returns an error.
func ListenAndServe(address string, h http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return Serve(NewHTTPServer(h), listener)
}

// NewHTTPServer returns a server for [Serve] that limits how long it waits for a client:
// 10 s for the header of a request, the default of [BoundBodies] for the body, and two
// minutes until the next request. A nil handler means [http.DefaultServeMux]. Shutdown of
// the server does not wait for connections that browsers have opened in advance; the server
// uses its ConnState for that.
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
