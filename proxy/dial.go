package proxy

import (
	"errors"
	"net/http"
	"slices"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// dial connects to the first backend that responds. It forwards a refusal to the client
// immediately.
//
// A request must not be able to mark a backend as down. A backend that cannot be reached
// is marked, because that does not depend on the request. One that receives the request
// and does not respond is marked only if another backend responds to the same request.
func (h *Handler) dial(inForce *Options, w http.ResponseWriter, r *http.Request, trusted bool, offer *driver.Handshake) (*backend, *driver.Driver, http.Header, error) {
	var last error
	var silent []*backend
	tried := map[*backend]bool{}
	for to := h.backends.choose(tried); to != nil; to = h.backends.choose(tried) {
		tried[to] = true
		conn, answer, err := h.open(to, inForce, w, r, trusted, offer)
		if err != nil {
			h.backends.release(to)
		}
		switch {
		case err == nil, answered(err): // after a refusal no other backend is tried: it would refuse too
			h.backends.markUp(to)
			h.markDown(silent...)
			h.logInvalid(to, err)
			return to, conn, answer, err
		case r.Context().Err() != nil, isMisuse(err): // caused by the client
			return nil, nil, nil, err
		case unreachable(err):
			h.markDown(to)
			h.options().Logger.Warn("backend not reached", "backend", to.url.Host, "error", cause(err))
		default:
			silent = append(silent, to)
			h.options().Logger.Warn("backend gave no valid response", "backend", to.url.Host, "error", cause(err))
		}
		last = err
	}
	return nil, nil, nil, last
}

// open connects to a backend and performs the opening handshake.
func (h *Handler) open(to *backend, inForce *Options, w http.ResponseWriter, r *http.Request, trusted bool, offer *driver.Handshake) (*driver.Driver, http.Header, error) {
	target, err := to.target(r.URL)
	if err != nil {
		return nil, nil, err
	}
	opts := inForce.Connection()
	opts.OfferHalfClose = opts.OfferHalfClose && offersHalfClose(offer)
	return driver.Dial(r.Context(), target, &driver.DialOptions{
		Options: opts, Header: forwarded(r, trusted), Host: h.hostFor(r), Origin: h.originFor(to, r), Subprotocols: offer.Protocols,
		Proxy: driver.NoProxy, TLSConfig: inForce.TLSConfig, HandshakeTimeout: inForce.DialTimeout,
		Refused: func(answer *http.Response) { h.passRefusal(w, answer) },
	})
}

func offersHalfClose(offer *driver.Handshake) bool {
	return slices.ContainsFunc(offer.Extensions, func(e handshake.Extension) bool { return e.Name == driver.HalfCloseExtension })
}

func (h *Handler) markDown(backends ...*backend) {
	for _, b := range backends {
		h.backends.markDown(b, h.options().Retry)
	}
}

// logInvalid logs a response that violates the rules of the opening handshake.
func (h *Handler) logInvalid(to *backend, err error) {
	if err != nil && !refused(err) {
		h.options().Logger.Warn("backend's response is not valid", "backend", to.url.Host, "error", cause(err))
	}
}

// isMisuse reports whether a request cannot be forwarded to any backend.
func isMisuse(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return !ok || failed.Phase == driver.PhaseRequest
}

// unreachable reports whether a backend was not reached, so that it has not received the
// request.
func unreachable(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return ok && (failed.Phase == driver.PhaseDial || failed.Phase == driver.PhaseTLS)
}

// cause returns the cause of a failure without the URL, whose query may contain secrets.
func cause(err error) error {
	if failed, ok := errors.AsType[*driver.DialError](err); ok {
		return failed.Err
	}
	return err
}
