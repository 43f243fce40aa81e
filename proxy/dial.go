package proxy

import (
	"errors"
	"net/http"
	"slices"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// dial opens a connection with the first backend that answers. A refusal goes to the
// client at once.
//
// A request must not be able to mark a backend as failed. So one that cannot be reached
// is marked, since the request had no part in that; one that took the request and gave
// no answer is marked only if another backend answers the same request.
func (h *Handler) dial(w http.ResponseWriter, r *http.Request, trusted bool, offer *driver.Handshake) (*backend, *driver.Driver, http.Header, error) {
	var last error
	var silent []*backend
	tried := map[*backend]bool{}
	for to := h.backends.take(tried); to != nil; to = h.backends.take(tried) {
		tried[to] = true
		conn, answer, err := h.open(to, w, r, trusted, offer)
		if err != nil {
			h.backends.leave(to)
		}
		switch {
		case err == nil, answered(err): // a refusal is the backend's right, and another backend would say the same
			h.backends.reached(to)
			h.fail(silent...)
			h.logInvalid(to, err)
			return to, conn, answer, err
		case r.Context().Err() != nil, isMisuse(err): // the client's doing
			return nil, nil, nil, err
		case unreachable(err):
			h.fail(to)
			h.opts.Logger.Warn("backend not reached", "backend", to.url.Host, "error", cause(err))
		default:
			silent = append(silent, to)
			h.opts.Logger.Warn("backend gave no valid answer", "backend", to.url.Host, "error", cause(err))
		}
		last = err
	}
	return nil, nil, nil, last
}

// open makes the opening handshake with a backend.
func (h *Handler) open(to *backend, w http.ResponseWriter, r *http.Request, trusted bool, offer *driver.Handshake) (*driver.Driver, http.Header, error) {
	target, err := to.target(r.URL)
	if err != nil {
		return nil, nil, err
	}
	opts := h.opts.Connection()
	opts.OfferHalfClose = opts.OfferHalfClose && offersHalfClose(offer)
	return driver.Dial(r.Context(), target, &driver.DialOptions{
		Options: opts, Header: forwarded(r, trusted), Host: h.hostFor(r), Origin: h.originFor(to, r), Subprotocols: offer.Protocols,
		Proxy: driver.NoProxy, TLSConfig: h.opts.TLSConfig, HandshakeTimeout: h.opts.DialTimeout,
		Refused: func(answer *http.Response) { h.passRefusal(w, answer) },
	})
}

func offersHalfClose(offer *driver.Handshake) bool {
	return slices.ContainsFunc(offer.Extensions, func(e handshake.Extension) bool { return e.Name == driver.HalfCloseExtension })
}

func (h *Handler) fail(backends ...*backend) {
	for _, b := range backends {
		h.backends.failed(b, h.opts.Retry)
	}
}

// logInvalid logs an answer that breaks the rules of the opening handshake.
func (h *Handler) logInvalid(to *backend, err error) {
	if err != nil && !refused(err) {
		h.opts.Logger.Warn("backend's answer is not valid", "backend", to.url.Host, "error", cause(err))
	}
}

// isMisuse reports whether a request cannot be passed on to any backend.
func isMisuse(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return !ok || failed.Phase == driver.PhaseRequest
}

// unreachable reports whether a backend was not reached, so that it has not seen the
// request.
func unreachable(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return ok && (failed.Phase == driver.PhaseDial || failed.Phase == driver.PhaseTLS)
}

// cause returns the cause of a failure without the URL, whose query may hold secrets.
func cause(err error) error {
	if failed, ok := errors.AsType[*driver.DialError](err); ok {
		return failed.Err
	}
	return err
}
