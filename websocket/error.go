package websocket

import (
	"errors"

	"github.com/lingerws/linger/protocol"
)

// PeerClosed is the error of a connection that the peer closed: the first kind of
// end that errors.As tells apart.
type PeerClosed struct {
	protocol.Status      // the peer's code and reason; 1005 if its Close was empty
	Clean           bool // both Close frames have passed
}

// Error returns code and reason.
func (e *PeerClosed) Error() string { return "websocket: the peer closed: " + e.Status.String() }

// LocalClosed is the error of a connection that we closed, or failed because the
// peer broke a rule.
type LocalClosed struct {
	protocol.Status                     // our code and reason
	Clean           bool                // the peer has answered
	Violation       *protocol.Violation // the rule the peer broke, or nil
}

// Error returns code and reason, and the rule that was broken.
func (e *LocalClosed) Error() string {
	text := "websocket: closed by us: " + e.Status.String()
	if e.Violation != nil {
		text += ": " + e.Violation.Error()
	}
	return text
}

// TransportError is the error of a connection that ended without a closing
// handshake, 1006 in the words of RFC 6455, section 7.1.5.
type TransportError struct {
	Cause protocol.Cause // eof, transport, timeout, keepalive, abort
	Err   error          // the transport's own, for cause transport
}

// Error returns the cause and the transport's error.
func (e *TransportError) Error() string {
	text := "websocket: the connection broke: " + string(e.Cause)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the transport's error.
func (e *TransportError) Unwrap() error { return e.Err }

// The misuses that only this package knows; the fourth kind is *[protocol.Misuse].
var (
	// ErrStaleReader: another message has been read since.
	ErrStaleReader = &protocol.Misuse{ID: "read.stale",
		Rule: "a message reader is valid until the next message is read"}

	// ErrClosedWriter: the message has been closed.
	ErrClosedWriter = &protocol.Misuse{ID: "write.closed",
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

func isNormalCode(code protocol.CloseCode) bool {
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
