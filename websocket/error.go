package websocket

import (
	"errors"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// Errors are of four kinds, which errors.AsType tells apart: *[PeerClosed],
// *[LocalClosed] and *[TransportError] tell how a connection ended, *[Misuse] that
// a call was wrong. Beside them there is the error of a context that ended.

// Refusal is the error of [Accept] for a request that cannot become a WebSocket.
type Refusal = handshake.Refusal

// Misuse is a call that was refused. Nothing of it reached the wire, and the
// connection is as it was.
type Misuse = protocol.Misuse

// Violation is a rule of RFC 6455, or a limit of ours, that the peer broke.
type Violation = protocol.Violation

// PeerClosed is the error of a connection that the peer closed first.
type PeerClosed struct {
	Status      // the peer's code and reason; 1005 if its Close was empty
	Clean  bool // both Close frames have passed; not yet, while our half is open
}

// Error returns code and reason.
func (e *PeerClosed) Error() string { return "websocket: the peer closed: " + e.String() }

// LocalClosed is the error of a connection that we closed first, or failed because
// the peer broke a rule.
type LocalClosed struct {
	Status               // our code and reason
	Clean     bool       // the peer has answered
	Violation *Violation // the rule the peer broke, or nil
}

// Error returns code and reason, and the rule that was broken.
func (e *LocalClosed) Error() string {
	text := "websocket: closed by us: " + e.String()
	if e.Violation != nil {
		text += ": " + e.Violation.Error()
	}
	return text
}

// Unwrap returns the rule the peer broke, or nil.
func (e *LocalClosed) Unwrap() error {
	if e.Violation == nil {
		return nil
	}
	return e.Violation
}

// TransportError is the error of a connection whose transport ended, or was cut,
// before a closing handshake was done; 1006 in the words of RFC 6455, section
// 7.1.5.
type TransportError struct {
	Cause protocol.Cause // eof, transport, timeout, keepalive, abort
	Err   error          // the transport's own, for cause transport
}

// Error returns the cause, in words, and the transport's error.
func (e *TransportError) Error() string {
	text := "websocket: the connection broke (" + string(e.Cause) + ")"
	if words := causeInWords[e.Cause]; words != "" {
		text += ": " + words
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

var causeInWords = map[protocol.Cause]string{
	protocol.CauseEOF:       "the peer ended the transport and sent no Close",
	protocol.CauseTransport: "reading or writing failed",
	protocol.CauseTimeout:   "the closing handshake was not finished in time",
	CauseKeepAlive:          "the peer answered no ping",
	CauseStalled:            "the peer did not read what was sent to it",
	CauseAbort:              "it was cut on our side",
}

// Unwrap returns the transport's error.
func (e *TransportError) Unwrap() error { return e.Err }

// The misuses that only this package knows.
var (
	// ErrStaleReader: another message has been asked for since.
	ErrStaleReader = &Misuse{ID: "read.stale",
		Rule: "a message reader is valid until the next message is asked for"}

	// ErrClosedWriter: the message has been closed.
	ErrClosedWriter = &Misuse{ID: "write.closed",
		Rule: "a message writer takes nothing after its Close; start another message"}
)

// IsNormal tells whether an error is the normal end of a connection: a closing
// handshake with 1000 or 1001, or an empty Close, whoever began it.
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

// endError tells how a connection ended.
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
