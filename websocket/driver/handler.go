package driver

import "github.com/lingerws/linger/protocol"

// Handler receives the events of one connection. It is called from any goroutine; each method documents which calls may
// overlap. A call of Events or Drained that ends its goroutine with [runtime.Goexit] aborts the connection,
// and only that one.
type Handler interface {
	// Events delivers events in order of arrival, as many as one read has brought: up to 64 in a call, and fewer once
	// their Owned payloads reach 64 KiB. Outside half-open mode a call delivers one event, because the driver answers the
	// peer's Close, and replies to the messages before it leave first. Calls do not overlap, and the connection is not
	// read during a call. What is sent during a call leaves together with other replies to the same read, after a
	// millisecond at the latest. Anything that takes longer belongs in Work; Events returns true if Work is to be called.
	//
	// The kinds are
	//   - [protocol.EventMessage], a whole message, or with Options.Pieces [protocol.EventPiece], a part of one;
	//   - [protocol.EventPong], the answer to a ping;
	//   - [protocol.EventPeerClose], in half-open mode only: the peer has closed. The handler may send until it calls
	//     [Driver.Close] or [Driver.AnswerClose], now or later; after Options.HalfOpenTimeout the driver answers;
	//   - [protocol.EventFailing]: the peer has broken a rule, and nothing more is received. If the call returns false our
	//     Close follows what has been sent. If it returns true our Close waits, so that the handler can reply to the
	//     messages before the violation, until it calls [Driver.Fail], for Options.CloseTimeout at most.
	//
	// The slice is valid until the call returns. A payload that is not Owned is valid until the call returns, or, if that
	// returns true, until the call of Work that follows has returned.
	Events(d *Driver, events []protocol.Event) (work bool)

	// Work follows the calls of Events that one read has led to, if one of them has returned true. It may block: the
	// connection is read on, and other connections are served. What is sent during the call leaves together, after a
	// millisecond at the latest. A call may overlap all other calls, also of Work.
	Work(d *Driver)

	// Drained reports that the send queue, which had reached Options.HighWater, is empty again; without Options.HighWater,
	// that all of what could not be written at once has been written. It may overlap calls of Events and Work, and comes
	// before Closed.
	Drained(d *Driver)

	// Closed reports how the connection has ended. It comes once, after the last call of Events. The transport may linger,
	// and goes on doing so if the call blocks.
	Closed(d *Driver, end Outcome)
}

// Outcome is how a connection ended.
type Outcome struct {
	protocol.Outcome
	Err error // the error of the transport, for CauseTransport
}

// Initiator returns which end of a server's connection has sent the first Close: "server",
// "client" or "neither".
func (o Outcome) Initiator() string {
	switch o.First {
	case protocol.Local:
		return "server"
	case protocol.Remote:
		return "client"
	case protocol.Neither:
	}
	return "neither"
}

// CauseKeepAlive is the cause of a connection whose peer did not answer pings.
const CauseKeepAlive protocol.Cause = "keepalive"

// CauseStalled is the cause of a connection whose peer did not read for
// Options.WriteTimeout.
const CauseStalled protocol.Cause = "stalled"

// CauseAbort is the cause of a connection that [Driver.CloseNow] has ended, or a handler that has ended its goroutine.
const CauseAbort protocol.Cause = "abort"
