package websocket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// DialPhase says how far an opening handshake came. The identifiers are stable.
type DialPhase string

// The phases, in order.
const (
	PhaseRequest  DialPhase = "request"  // the URL or the options make no request; the error is a *[protocol.Misuse]
	PhaseDial     DialPhase = "dial"     // the server was not reached
	PhaseProxy    DialPhase = "proxy"    // the proxy was not reached, or gave no tunnel
	PhaseTLS      DialPhase = "tls"      // the TLS handshake with the server failed
	PhaseWrite    DialPhase = "write"    // the request could not be written
	PhaseResponse DialPhase = "response" // no answer came that can be read
	PhaseCheck    DialPhase = "check"    // the answer opens no WebSocket; mostly the error is a *[handshake.Failure]
)

// DialError says why an opening handshake failed. Nothing of it is left open.
type DialError struct {
	Phase  DialPhase
	URL    string      // of the request that failed, without name and password; empty if it cannot be parsed
	Status int         // of the answer of the server or the proxy; 0 if none came
	Header http.Header // of that answer
	Body   []byte      // its first bytes, as DialOptions.MaxRefusal says
	Cut    bool        // Body is not all of it: there is more, or it broke off
	Err    error       // the cause
}

// Error returns the URL, the phase and the cause.
func (e *DialError) Error() string {
	text := "websocket: dial"
	if e.URL != "" {
		text += " " + e.URL
	}
	return text + ": " + string(e.Phase) + ": " + e.Err.Error()
}

// Unwrap returns the cause. If a context or the handshake timeout ended the
// handshake, it wraps context.Canceled or context.DeadlineExceeded.
func (e *DialError) Unwrap() error { return e.Err }

// explain names the context as the cause if it ended the handshake: what broke on
// the way is only how that showed. An answer that has come is told as it came.
func (e *DialError) explain(ctx context.Context) {
	if e.Status != 0 || e.Phase == PhaseRequest {
		return
	}
	switch ended, cause := ctx.Err(), context.Cause(ctx); {
	case ended == nil && errors.Is(e.Err, os.ErrDeadlineExceeded):
		// A dialer takes the deadline of the context to the system, which may be a
		// little faster.
		e.Err = fmt.Errorf("%w: %w", context.DeadlineExceeded, e.Err)
	case ended == nil:
	case errors.Is(cause, ended):
		e.Err = fmt.Errorf("%w: %w", cause, e.Err)
	default: // a cause of the caller's own
		e.Err = fmt.Errorf("%w: %w: %w", ended, cause, e.Err)
	}
}
