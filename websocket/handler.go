package websocket

import "github.com/lingerws/linger/protocol"

// Handler is told what happens on a connection. Calls for one connection come
// one at a time, from any goroutine, except Drained. While a call has not
// returned the connection is not read, except during Closed. What is sent during
// a call leaves together with the rest of the batch that was read, after a
// millisecond at the latest.
type Handler interface {
	// Message brings a whole message, or the next piece of one with Options.Pieces.
	// Its payload is valid until the call returns, or for good if it is Owned.
	Message(d *Driver, m protocol.Event)

	// Pong brings the payload of a pong; it is valid until the call returns.
	Pong(d *Driver, payload []byte)

	// PeerClose tells, in half-open mode only, that the peer has finished and we
	// have not: more may be sent until Close.
	PeerClose(d *Driver, status protocol.Status)

	// Drained tells that a send queue that was at Options.HighWater, or could not be
	// written at once if there is none, is empty again. It may come at any time
	// between Start and Closed, also during another call.
	Drained(d *Driver)

	// Closed is the last call: the connection has ended. The transport may linger,
	// and goes on doing so if the call blocks.
	Closed(d *Driver, end Outcome)
}

// Failer is a [Handler] that answers messages after its calls have returned, and so
// decides when a violation takes effect: see protocol.Config.DeferFailure. For other
// handlers it takes effect at once, after the call for the message before it.
type Failer interface {
	Handler

	// Failing reports, after the messages that came before it, that the peer has broken
	// a rule. Nothing more is received. Our Close leaves when [Driver.Fail] is called, and
	// after Options.CloseTimeout at the latest.
	Failing(d *Driver)
}

// Outcome is how a connection ended.
type Outcome struct {
	protocol.Outcome
	Err error // the error of the transport, for CauseTransport
}

// CauseKeepAlive is the cause of a connection whose peer did not answer pings.
const CauseKeepAlive protocol.Cause = "keepalive"

// CauseStalled is the cause of a connection whose peer did not read for
// Options.WriteTimeout.
const CauseStalled protocol.Cause = "stalled"

// CauseAbort is the cause of a connection that [Driver.CloseNow] cut.
const CauseAbort protocol.Cause = "abort"
