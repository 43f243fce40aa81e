package websocket

import (
	"errors"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// Refusal is the error of [Accept] for a request that cannot become a WebSocket.
type Refusal = handshake.Refusal

// Misuse is the error of a wrong call. The call had no effect on the connection.
type Misuse = protocol.Misuse

// Violation is a rule of RFC 6455, or a limit of [Options], that the peer broke.
type Violation = protocol.Violation

// PeerClosed is the error of a connection that the peer closed first.
type PeerClosed struct {
	Status      // the peer's code and reason; 1005 if its Close was empty
	Clean  bool // both Close frames have passed; false while we can still write
}

// Error returns a text with the code and the reason.
func (e *PeerClosed) Error() string { return "websocket: the peer closed: " + e.String() }

// LocalClosed is the error of a connection that we closed first, or that failed because
// the peer broke a rule.
type LocalClosed struct {
	Status               // our code and reason
	Clean     bool       // the peer has answered our Close
	Violation *Violation // the rule that the peer broke, or nil
}

// Error returns a text with the code, the reason and the violation.
func (e *LocalClosed) Error() string {
	text := "websocket: closed on this side: " + e.String()
	if e.Violation != nil {
		text += ": " + e.Violation.Error()
	}
	return text
}

// Unwrap returns the violation, or nil.
func (e *LocalClosed) Unwrap() error {
	if e.Violation == nil {
		return nil
	}
	return e.Violation
}

// TransportError is the error of a connection whose transport ended or was aborted
// before the closing handshake was complete: the code is 1006 (RFC 6455, section 7.1.5).
type TransportError struct {
	Cause protocol.Cause // eof, transport, timeout, keepalive, stalled or abort
	Err   error          // the error of the transport; set if Cause is transport
}

// Error returns a text with the cause and the transport's error.
func (e *TransportError) Error() string {
	text := "websocket: the connection ended without a closing handshake (" + string(e.Cause) + ")"
	if words := causeInWords[e.Cause]; words != "" {
		text += ": " + words
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

var causeInWords = map[protocol.Cause]string{
	protocol.CauseEOF:       "the peer closed the transport and sent no Close",
	protocol.CauseTransport: "reading or writing failed",
	protocol.CauseTimeout:   "the closing handshake was not completed in time",
	CauseKeepAlive:          "the peer did not answer pings",
	CauseStalled:            "the peer did not read what was sent to it",
	CauseAbort:              "it was aborted on this side",
}

// Unwrap returns the transport's error.
func (e *TransportError) Unwrap() error { return e.Err }

// The misuses of this package, in addition to those of package protocol.
var (
	// ErrStaleReader is returned by [MessageReader.Read] after the next message has been requested.
	ErrStaleReader = &Misuse{ID: "read.stale",
		Rule: "a message reader is valid until the next message is requested"}

	// ErrClosedWriter is returned by [MessageWriter.Write] after Close.
	ErrClosedWriter = &Misuse{ID: "write.closed",
		Rule: "a message writer cannot write after its Close; start another message"}
)

// IsNormal reports whether err is the normal end of a connection: a closing handshake,
// started by either side, with 1000, 1001 or an empty Close.
func IsNormal(err error) bool {
	if e, ok := errors.AsType[*PeerClosed](err); ok {
		return isNormalCode(e.Code)
	}
	if e, ok := errors.AsType[*LocalClosed](err); ok {
		return e.Clean && isNormalCode(e.Code)
	}
	return false
}

func isNormalCode(code CloseCode) bool {
	return code == protocol.CloseNormal || code == protocol.CloseGoingAway || code == protocol.CloseNoStatus
}

// endError returns the error of calls after the end of a connection.
func endError(end Outcome) error {
	switch {
	case end.Violation != nil:
		return &LocalClosed{Status: end.Sent, Violation: end.Violation}
	case end.First == protocol.Remote:
		return &PeerClosed{Status: end.Received, Clean: end.Clean}
	case end.Clean:
		return &LocalClosed{Status: end.Sent, Clean: true}
	}
	return &TransportError{Cause: end.Cause, Err: end.Err}
}
