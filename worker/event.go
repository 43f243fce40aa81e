package worker

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/script"
)

// event is an event for the script, from its arrival to its completion.
type event struct {
	kind    string           // the type of the event for listeners, such as "websocketmessage"
	input   script.Event     // the event for the runtime
	prepare func(h *hostAPI) // called on the event loop right before input is dispatched; nil for nothing

	// The completion of the event. None of these functions blocks; they may be called on the event loop.
	completion *linger.Completion // completes the server's event; nil if there is none
	onComplete func()             // called when the event is complete; nil for nothing
	overlaps   bool               // the event is complete when its listeners have returned
	onEnd      func()             // called when the event has ended; nil for nothing
	assignment *assignment        // the assignment of a message's connection; nil for other events
	done       chan struct{}      // closed when the event of a request has ended; nil for other events

	method, url string          // the method and the URL, without its query, of the event's request; "" if there is none
	request     context.Context //nolint:containedctx // ends when the client of the request disconnects; nil if there is none
	body        *receivedBody   // the body of the request; nil if there is none

	object *object // the object that the event is for; nil for other events

	hibernatable *hibernatable  // the WebSocket that the event is about; nil for other events
	elsewhere    func(r *relay) // passes the end of a connection on, after the object has left this node; nil for other events
	rerouted     bool           // the event was passed on

	times     eventTimes
	outcome   *script.Outcome // what the call has returned or thrown; nil if the event is not complete
	result    *parcel         // the value of outcome
	alarm     *alarm          // the alarm that the event is; nil for other events
	home      *instance       // the instance that has begun the event of an object; guarded by objects.mu
	evictions int             // the objects that were asked to make room for the object
	lost      error           // why what the object has written before the end of the event is lost; nil if it is not. Valid when the event has ended
	delivery  *delivery       // how the event has come to its object; nil if it can only be here

	internal  bool   // a script has sent the request of the event
	reference int    // the reference that is called; 0 for other events
	called    string // the path of the function that is called; "" for other events

	claimed atomic.Bool // an instance has begun the event, or the event was refused

	completed, ended atomic.Bool
	inBurst          bool // the event is part of a burst, which completes it
	endPending       bool // the event has ended in its turn, and the burst has not completed it yet

	// These fields belong to the event loop until the event has ended.
	ownDeadline  bool            // the deadline of the event is among the timers
	turnBegan    time.Time       // the beginning of the event's turn, if the event continues after the turn
	socket       *linger.Socket  // the connection that the event is about; nil if there is none
	upgrade      *linger.Upgrade // the upgrade request of the event; nil for other events
	response     *response       // the script's answer to a request; nil if there is none
	plainRefusal string          // the reason for answering a plain request with 426; "" if it is not
	failed       bool            // a listener has thrown
	span         *Span           // nil without Options.StartSpan
	problem      *ScriptError    // what the first listener has thrown, or why the request was not answered
	overdue      bool            // the listeners were not done within EventTimeout
	reported     bool            // the failure of a message of the series was logged

	refused bool // the event had not begun when the worker backed off; valid when submit has returned
}

// newEvent returns an event for the listeners to kind, about a connection or nil.
func newEvent(kind string, socket *linger.Socket) *event {
	return &event{kind: kind, socket: socket}
}

// newRequestEvent returns an event about a request for the URL target.
func newRequestEvent(kind string, r *http.Request, target string) *event {
	e := newEvent(kind, nil)
	e.done = make(chan struct{})
	e.request = r.Context()
	e.method = r.Method
	e.url, _, _ = strings.Cut(target, "?") // queries may contain secrets
	return e
}

// claim marks the event as begun or refused, and reports whether this is the first call.
func (e *event) claim() bool { return !e.claimed.Swap(true) }

// unbegin takes back that an instance, which ends, has begun the event.
func (e *event) unbegin() {
	e.claimed.Store(false)
	e.turnBegan = time.Time{}
	e.home, e.failed, e.reported = nil, false, false
}

// isMovable reports whether another instance can begin the event in place of one that has taken it: it is about a connection, or a request
// for one, or a request whose body has arrived. A tied connection ends with its instance.
func (e *event) isMovable() bool {
	switch {
	case e.object != nil:
		return e.isMovableForObject()
	case e.assignment != nil && e.assignment.tied != nil:
		return false
	case e.upgrade != nil:
		return e.socket == nil
	case e.socket != nil:
		return true
	}
	request, ok := e.input.(*script.Request)
	return ok && request.Received == 0
}

// isMovableForObject is isMovable for the event of an object. Streams and references belong to instances.
func (e *event) isMovableForObject() bool {
	switch input := e.input.(type) {
	case *script.HibernatableMessage, *script.HibernatableClose, *script.ObjectAlarm:
		return true
	case *script.ObjectRequest:
		return e.body == nil
	case *script.ObjectCall:
		return len(input.Call.Args.Bodies)+len(input.Call.Args.References) == 0
	}
	return false
}

// listenersReturned completes an event that overlaps with the next one of its connection.
func (e *event) listenersReturned() {
	if e.overlaps && !e.inBurst {
		e.complete()
	}
}

// complete lets the next event of the connection begin. A second call has no effect.
func (e *event) complete() {
	if e.completed.Swap(true) {
		return
	}
	if e.onComplete != nil {
		e.onComplete()
	}
	if e.completion != nil {
		e.completion.Done()
	}
}

// finish ends an event that an instance has handled. That of an object ends when the writes before it are durable.
func (e *event) finish() {
	if e.object == nil {
		e.end()
		return
	}
	e.object.gate.pass(func(err error) {
		e.lost = err
		e.end()
	})
}

// end ends the event, whether it was handled or not. A second call has no effect.
func (e *event) end() {
	e.complete()
	if e.ended.Swap(true) {
		return
	}
	e.endSpan()
	if e.object != nil {
		e.object.ended(e)
	}
	if e.done != nil {
		close(e.done)
	}
	if e.onEnd != nil {
		e.onEnd()
	}
}

// attrs returns the attributes of the event for the log. A nil event has none.
func (e *event) attrs() []any {
	if e == nil {
		return nil
	}
	attrs := []any{"event", e.kind}
	if e.method != "" {
		attrs = append(attrs, "method", e.method, "url", e.url)
	}
	if e.called != "" {
		attrs = append(attrs, "called", e.called)
	}
	if e.socket != nil {
		attrs = append(attrs, "connection", e.socket.ID())
	}
	if e.object != nil {
		attrs = append(attrs, "class", e.object.ref.Class, "object", e.object.ref.ID)
	}
	return attrs
}

// bodyFailure returns why the body of the event's request, which the script has begun to read, is incomplete. It returns nil if
// it is not, or if that is not the client's fault. A nil event has no body.
func (e *event) bodyFailure() error {
	if e == nil || e.body == nil || !e.body.isBegun() {
		return nil
	}
	err := e.body.failure()
	if errors.Is(err, errAnswered) || errors.Is(err, errInstanceEnd) || errors.Is(err, errBodyConsumed) {
		return nil
	}
	return err
}

// handled reports whether an instance has begun the event. It may only be called after the end of the event.
func (e *event) handled() bool { return !e.claim() }

// task is an event or a post for an instance; the zero value is neither.
type task struct {
	event *event
	post  *script.Post
}
