package linger

import (
	"net/http"
	"time"

	"github.com/lingerws/linger/internal/hooks"
	"github.com/lingerws/linger/websocket/driver"
)

// Trace is a set of functions that a server calls when something happens, for metrics, logs and tools: [Options.Trace]. Any of them
// may be nil. They are called from any goroutine, at the same time, on the paths of messages: they must return quickly and must not
// block. They may call methods of the socket that return something, such as [Socket.Stats], and keep the socket; a payload is valid
// during the call only, and must not be changed.
//
// For one connection Opened is called first and Closed last, except that Sent may come before Opened, for what the upgrade handler
// sends; that what is sent while the connection ends may be reported after Closed; and that Handled follows for the close event.
type Trace struct {
	// Opened is called when the 101 of a connection has been written.
	Opened func(*Socket)

	// Refused is called when a request that asks for a WebSocket is answered without the server's handler, or because the handler
	// has not answered it: with the status of the response, and a reason. That is the identifier of a wrong handshake (package
	// handshake), "max-connections", "max-per-address", "upgrade-rate", "upgrade-timeout", "unanswered", "drain", "shutdown" or "handover".
	Refused func(r *http.Request, status int, reason string)

	// Received is called for each message that has arrived, before it is queued for the handler.
	Received func(*Socket, Payload)

	// Sent is called for each message that was queued for sending, publications included.
	Sent func(*Socket, Payload)

	// Published is called when a message was published on a channel, with the number of connections that took it.
	Published func(channel string, p Payload, receivers int)

	// Relayed is called when a message that another node has published on a channel was delivered here, with the number of connections
	// that took it.
	Relayed func(channel string, p Payload, receivers int)

	// RelayFailed is called when a message that was published here could not be sent to the other nodes, with [ErrClusterFull],
	// [ErrRecordSize] or another error of Options.Cluster, and when one of another node was refused because it is malformed.
	RelayFailed func(channel string, err error)

	// Handled is called when an event is complete. The event is "upgrade", "message", "peerclose", "drain" or "close". The socket
	// is nil for an upgrade that was not accepted. Messages that [Completion.Include] has joined are one event.
	Handled func(s *Socket, event string, times EventTimes)

	// MovedOut is called in a hand-over when a connection belongs to the new process, which calls MovedIn. Neither Closed in the old
	// process nor Opened in the new one is called for it.
	MovedOut, MovedIn func(*Socket)

	// Slow is called when a message meets a full send queue, before the policy is applied to it.
	Slow func(*Socket, Policy)

	// Pong is called when a keep-alive ping has been answered, with the time between the ping and its pong.
	Pong func(*Socket, time.Duration)

	// Closed is called when a connection has ended, before its close event is handled. It is also called for a connection that
	// was accepted and whose opening handshake failed, without Opened before it.
	Closed func(*Socket, driver.Outcome)
}

// EventTimes describes the handling of an event.
type EventTimes struct {
	Waited   time.Duration // in the connection's event queue
	Duration time.Duration // from the call of the handler until the event was complete
	Failed   bool          // the handler has panicked or ended its goroutine, or has called [Upgrade.Fail]
}

// Traces returns a trace that calls the functions of several, in order. Those that are nil are left out; the result is nil if all are.
func Traces(traces ...*Trace) *Trace { return hooks.Join((*Trace).then, traces...) }

// then returns a trace that calls the functions of t, and then those of next.
func (t *Trace) then(next *Trace) *Trace {
	return &Trace{
		Opened:      hooks.Both(t.Opened, next.Opened),
		Refused:     hooks.Both3(t.Refused, next.Refused),
		Received:    hooks.Both2(t.Received, next.Received),
		Sent:        hooks.Both2(t.Sent, next.Sent),
		Published:   hooks.Both3(t.Published, next.Published),
		Relayed:     hooks.Both3(t.Relayed, next.Relayed),
		RelayFailed: hooks.Both2(t.RelayFailed, next.RelayFailed),
		Handled:     hooks.Both3(t.Handled, next.Handled),
		Slow:        hooks.Both2(t.Slow, next.Slow),
		Pong:        hooks.Both2(t.Pong, next.Pong),
		Closed:      hooks.Both2(t.Closed, next.Closed),
		MovedOut:    hooks.Both(t.MovedOut, next.MovedOut),
		MovedIn:     hooks.Both(t.MovedIn, next.MovedIn),
	}
}

// traceTime returns the age of the server if Trace.Handled needs it, and 0 otherwise.
func (s *Server) traceTime() time.Duration {
	if s.trace.Handled == nil {
		return 0
	}
	return s.age()
}

// eventTimes is what Trace.Handled gets about the event in progress.
type eventTimes struct {
	event  string        // "" if there is none
	began  time.Duration // Server.traceTime of the call of the handler
	waited time.Duration
	ended  time.Duration // Server.traceTime of the end of the last event, if this one has followed at once; otherwise 0
}

// traceBegin begins the times of an event. Only the goroutine that handles the event calls it.
func (s *Socket) traceBegin(event string, arrived time.Duration) {
	if s.server.trace.Handled == nil {
		return
	}
	now := s.queue.times.ended
	if now == 0 {
		now = s.server.age()
	}
	s.queue.times = eventTimes{event: event, began: now, waited: max(0, now-arrived)}
}

// traceHandled reports that the event in progress is complete. Only the goroutine that handles or completes the event calls it.
func (s *Socket) traceHandled(failed bool) {
	handled := s.server.trace.Handled
	if handled == nil {
		return
	}
	t, now := s.queue.times, s.server.age()
	s.queue.times = eventTimes{ended: now}
	handled(s, t.event, EventTimes{Waited: t.waited, Duration: now - t.began, Failed: failed})
}

// traceHandled reports that the upgrade handler has been called, for a time, and whether it has returned.
func (u *Upgrade) traceHandled(took time.Duration, returned bool) {
	handled := u.Server.trace.Handled
	if handled == nil {
		return
	}
	u.mu.Lock()
	socket, failed := u.socket, u.failure != nil || !returned
	u.mu.Unlock()
	handled(socket, "upgrade", EventTimes{Duration: took, Failed: failed})
}

// tracePong reports the round trip of a keep-alive ping, if a pong has answered one.
func (s *Socket) tracePong(conn *driver.Driver) {
	pong := s.server.trace.Pong
	if pong == nil {
		return
	}
	if took, ok := conn.AnsweredPing(); ok {
		pong(s, took)
	}
}
