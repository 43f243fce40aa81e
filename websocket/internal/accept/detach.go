// Package accept accepts connections for an http.Server, and keeps those that begin with an upgrade request from net/http as
// long as their handler may accept them. [NewListener] returns the listener that the server accepts from, and [Detach] the
// connection of a request.
package accept

import "net/http"

// detacher is a ResponseWriter whose connection can be had without net/http. See [Detach].
type detacher interface {
	detach(take func(fd int) (ok bool)) (detached bool, err error)
}

// Detach calls take with the descriptor of the connection of a request, if that was accepted by a listener of this package
// and net/http does not serve it. The descriptor belongs to take if that returns true; the next byte to be read is the one
// after the request. detached is false if the connection has to be taken with Hijack: also if take returns false. The error is
// [http.ErrHijacked], or that of the transport.
//
// Like [http.ResponseController], Detach searches w and the writers that it wraps. It stops at a wrapper with a Hijack of its
// own, which has to be called.
func Detach(w http.ResponseWriter, take func(fd int) (ok bool)) (detached bool, err error) {
	for {
		switch t := w.(type) {
		case detacher:
			return t.detach(take)
		case http.Hijacker:
			return false, nil
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false, nil
		}
	}
}
