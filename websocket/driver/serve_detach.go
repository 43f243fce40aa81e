package driver

import (
	"errors"
	"net/http"
)

// detacher is a ResponseWriter that can return the transport of its request without net/http.
type detacher interface {
	// detach returns the transport, after the request, as one of a loop group. It returns errPromoted if Hijack has to be
	// called, and fails as [http.Hijacker] does.
	detach(group *LoopGroup) (transport, error)
}

// errPromoted is returned by detach when net/http serves the request.
var errPromoted = errors.New("websocket: net/http serves the request")

// detacherOf searches w and the writers that it wraps, as [http.ResponseController] does. It stops at a wrapper with a Hijack
// of its own, which has to be called.
func detacherOf(w http.ResponseWriter) (detacher, bool) {
	for {
		switch t := w.(type) {
		case detacher:
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
