package worker

import (
	"errors"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/engine"
)

// socketWire is a connection that came in, as a WebSocketPair sees it.
type socketWire struct{ *linger.Socket }

var _ wire = socketWire{}

// send closes a connection to which more was sent than it may hold before it is open: a WebSocket cannot refuse a message.
func (w socketWire) send(p linger.Payload) {
	if errors.Is(w.Send(p), linger.ErrEarlyFull) {
		_ = w.Close(protocol.CloseTryAgainLater, "too much was sent before the connection was open") // may travel
	}
}

func (w socketWire) closeEmpty()   { w.CloseEmpty() }
func (w socketWire) answerClose()  { w.AnswerClose() }
func (w socketWire) closeNow()     { w.CloseNow() }
func (w socketWire) buffered() int { return w.Buffered() }

// close was checked by who calls it.
func (w socketWire) close(code protocol.CloseCode, reason string) { _ = w.Close(code, reason) }

// acceptLine(event, protocol, headers) makes the request of an event a connection whose
// other side is a WebSocket object, and returns the number of its line, or undefined
// after the event's time.
func (in *instance) acceptLine(args arguments) (engine.Value, error) {
	e := in.event(args.at(0).Int())
	socket, err := in.upgrade(e, linger.AcceptOptions{
		Subprotocol: args.at(1).String(),
		Header:      wireHeader(args.at(2)),
		HalfOpen:    true, // the script tells later whether it wants to answer the peer's Close
	})
	if socket == nil {
		return nothing, err
	}
	in.app.warnOfPairs()
	l := in.join(socketWire{socket}, socket)
	in.app.seats.take(socket, &seat{worker: in.worker, line: l})
	return engine.Int(l.number), nil
}

// failureOf tells what a script is told of the end of a connection: what went wrong, if
// anything did but that the peer has left without a Close.
func failureOf(c *linger.Close) string {
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

// warnOfPairs tells the operator, once, what a reload will do.
func (a *App) warnOfPairs() {
	a.pairs.Do(func() {
		a.opts.Logger.Warn("the application uses WebSocketPair: a reload closes its sockets with 1012, because they hold closures; connections of websocketmessage listeners survive")
	})
}
