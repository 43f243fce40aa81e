package driver

import (
	"net/http"

	"github.com/lingerws/linger/websocket/internal/opening"
)

// DialPhase says how far an opening handshake came. The identifiers are stable.
type DialPhase string

// The phases, in order.
const (
	PhaseRequest  = DialPhase(opening.PhaseRequest)  // the URL or the options make no request; the error is a *[protocol.Misuse]
	PhaseDial     = DialPhase(opening.PhaseDial)     // the server was not reached
	PhaseProxy    = DialPhase(opening.PhaseProxy)    // the proxy was not reached, or gave no tunnel
	PhaseTLS      = DialPhase(opening.PhaseTLS)      // the TLS handshake with the server failed
	PhaseWrite    = DialPhase(opening.PhaseWrite)    // the request could not be written
	PhaseResponse = DialPhase(opening.PhaseResponse) // no answer came that can be read
	PhaseCheck    = DialPhase(opening.PhaseCheck)    // the answer opens no WebSocket; mostly the error is a *[handshake.Failure]
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

func dialError(f *opening.Failure) *DialError {
	return &DialError{DialPhase(f.Phase), f.URL, f.Status, f.Header, f.Body, f.Cut, f.Err}
}
