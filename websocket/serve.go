package websocket

import (
	"net"
	"net/http"
	"time"
)

// Serve is server.Serve(listener), and cheaper for WebSockets. On TCP under Linux an
// upgrade request that has arrived whole is handed to server.Handler by ourselves, with a
// ResponseWriter that [Accept] and linger.Server know; everything else is net/http's, as
// is every connection of another listener, TLS among them. It returns what server.Serve
// does.
//
// The time limits are the server's: a zero [http.Server] has none, the one of
// [NewHTTPServer] has all of them.
//
// Handlers see no difference. What the server is told of its connections does not hold
// for those requests: ConnState is not called, Shutdown does not wait for them, and a
// refusal ends the connection. A server with ConnContext is left to net/http altogether.
// The options of the listener's socket change: connections keep themselves alive as those
// of package net do, and one on which the client says nothing is accepted after a second
// (TCP_DEFER_ACCEPT).
func Serve(server *http.Server, listener net.Listener) error {
	return server.Serve(newListener(server, listener))
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

// lender is a ResponseWriter whose transport can be had as it is.
type lender interface {
	// lend gives the transport away, or fails as [http.Hijacker] does.
	lend() (transport, error)
}

// lenderOf looks where an [http.ResponseController] would: a writer around ours that
// wants to be asked to hijack is asked.
func lenderOf(w http.ResponseWriter) (lender, bool) {
	for {
		switch t := w.(type) {
		case lender:
			return t, true
		case http.Hijacker:
			return nil, false
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return nil, false
		}
	}
}
