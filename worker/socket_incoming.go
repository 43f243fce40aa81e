package worker

import (
	"errors"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// incomingSocket is an accepted connection as the transport of a WebSocket object.
type incomingSocket struct{ *linger.Socket }

var _ socketTransport = incomingSocket{}

// send closes the connection if the queue of pending sends is full, because a WebSocket object cannot refuse a message.
func (s incomingSocket) send(p linger.Payload) {
	if errors.Is(s.Send(p), linger.ErrEarlyFull) {
		_ = s.Close(protocol.CloseTryAgainLater, "too much was sent before the connection was open") // a legal code
	}
}

func (s incomingSocket) closeEmpty()   { s.CloseEmpty() }
func (s incomingSocket) answerClose()  { s.AnswerClose() }
func (s incomingSocket) closeNow()     { s.CloseNow() }
func (s incomingSocket) buffered() int { return s.Buffered() }

// close ignores the error: callers have checked code and reason.
func (s incomingSocket) close(code protocol.CloseCode, reason string) { _ = s.Close(code, reason) }

// failureText returns the message of a WebSocket object's error event for the end of its connection. It is "" if nothing went
// wrong, or if the peer closed TCP without a Close.
func failureText(c *linger.Close) string {
	const lost = "Network connection lost: "
	switch {
	case c.Violation != nil:
		return c.Violation.Error()
	case c.Err != nil:
		return lost + c.Err.Error()
	case c.Cause == protocol.CauseClose || c.Cause == protocol.CauseEOF:
		return ""
	}
	return lost + string(c.Cause)
}
