package linger

import (
	"net/http"
	"time"

	"github.com/lingerws/linger/websocket/driver"
)

// Trace is a set of functions that a server calls when something happens, for metrics, logs and tools: [Options.Trace]. Any of them
// may be nil. They are called from any goroutine, at the same time, on the paths of messages: they must return quickly and must not
// call methods that block. They may keep a *Socket, but not a payload, which is valid during the call only.
//
// The functions for one connection are called in order, Opened first and Closed last.
type Trace struct {
	// Opened is called when the 101 of a connection has been written.
	Opened func(*Socket)

	// Refused is called when a request that asks for a WebSocket is answered without the server's handler, or times out in it:
	// with the status of the response, and a reason that is one of a small set, such as "origin", "max-connections" or "shutdown".
	Refused func(r *http.Request, status int, reason string)

	// Received is called for each message that has arrived, before it is queued for the handler.
	Received func(*Socket, Payload)

	// Sent is called for each message that was queued for sending, publications included.
	Sent func(*Socket, Payload)

	// Published is called when a message was published on a channel, with the number of connections that took it.
	Published func(channel string, p Payload, receivers int)

	// Handled is called when the handling of an event is complete. The event is "upgrade", "message", "peerclose", "drain" or
	// "close". The socket is nil for an upgrade that was not accepted.
	Handled func(s *Socket, event string, times EventTimes)

	// Slow is called when the policy was applied to a message, because the connection's send queue was full.
	Slow func(*Socket, Policy)

	// Pong is called when a pong has answered a keep-alive ping, with the time between them.
	Pong func(*Socket, time.Duration)

	// Closed is called when a connection has ended, before its close event is handled. It is also called for a connection that
	// was accepted and whose opening handshake failed, without Opened before it.
	Closed func(*Socket, driver.Outcome)
}

// EventTimes describes the handling of an event.
type EventTimes struct {
	Waited   time.Duration // in the event queue
	Duration time.Duration // from the call of the handler until the event was complete
	Failed   bool          // the handler has panicked, or has ended its goroutine
}

// Traces returns a trace that calls the functions of several, in order. Those that are nil are left out; the result is nil if all are.
func Traces(traces ...*Trace) *Trace {
	var joined *Trace
	for _, t := range traces {
		switch {
		case t == nil:
		case joined == nil:
			joined = t
		default:
			joined = joined.then(t)
		}
	}
	return joined
}

// then returns a trace that calls the functions of t, and then those of next.
func (t *Trace) then(next *Trace) *Trace {
	return &Trace{
		Opened:    both(t.Opened, next.Opened),
		Refused:   both3(t.Refused, next.Refused),
		Received:  both2(t.Received, next.Received),
		Sent:      both2(t.Sent, next.Sent),
		Published: both3(t.Published, next.Published),
		Handled:   both3(t.Handled, next.Handled),
		Slow:      both2(t.Slow, next.Slow),
		Pong:      both2(t.Pong, next.Pong),
		Closed:    both2(t.Closed, next.Closed),
	}
}

// both returns a function that calls first and then next, each unless it is nil.
func both[A any](first, next func(A)) func(A) {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	return func(a A) { first(a); next(a) }
}

func both2[A, B any](first, next func(A, B)) func(A, B) {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	return func(a A, b B) { first(a, b); next(a, b) }
}

func both3[A, B, C any](first, next func(A, B, C)) func(A, B, C) {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	return func(a A, b B, c C) { first(a, b, c); next(a, b, c) }
}
