package worker

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/script"
)

// event is an event for the script, from its arrival to its completion.
type event struct {
	kind    string       // the type of the listeners
	input   script.Event // what the script gets
	prepare func()       // called on the event loop right before the script gets input, if set

	// The completion of the event. None of these blocks, and they may be called on the event loop.
	completion *linger.Completion // of the server's event, if any
	then       func()             // called with the completion, if set
	overlaps   bool               // the event is complete when its listeners have returned
	left       func()             // called when the event has ended, if set
	place      *assignment        // of a message: that of its connection
	done       chan struct{}      // of a request: closed when the event has ended

	method, url string // of the request that the event is about, if any; the URL has no query

	request bool        // a client waits for an answer, so the event is refused while the worker backs off
	claimed atomic.Bool // an instance has begun the event, or it was refused

	completed, ended atomic.Bool
	inBurst          bool // the burst ends the event
	pendingEnd       bool // the event has ended in its turn, and the burst has to end it

	// These belong to the event loop until the event has ended.
	begins   time.Time       // the beginning of its turn, if the event continues after it
	socket   *linger.Socket  // the connection that the event is about, if any
	upgrade  *linger.Upgrade // the request that may become a connection
	response *response       // the script's answer to a request
	unserved string          // why a plain request gets 426; empty if it does not
	failed   bool            // a listener has thrown
	problem  *ScriptError    // what the first one has thrown, or why there is no answer
	overdue  bool            // the listeners were not done within EventTimeout

	refused bool // the worker backs off, and the event had not begun; valid when submit has returned
}

func newEvent(kind string, socket *linger.Socket) *event {
	return &event{kind: kind, socket: socket}
}

// newRequestEvent returns an event about a request for the URL target.
func newRequestEvent(kind string, r *http.Request, target string) *event {
	e := newEvent(kind, nil)
	e.done = make(chan struct{})
	e.request, e.method = true, r.Method
	e.url, _, _ = strings.Cut(target, "?") // queries may contain secrets
	return e
}

// claim reports whether this is its first call.
func (e *event) claim() bool { return !e.claimed.Swap(true) }

// listenersReturned completes an event that overlaps with the next one of its connection.
func (e *event) listenersReturned() {
	if e.overlaps {
		e.complete()
	}
}

// complete lets the next event of the connection begin. A second call has no effect.
func (e *event) complete() {
	if e.completed.Swap(true) {
		return
	}
	if e.then != nil {
		e.then()
	}
	if e.completion != nil {
		e.completion.Done()
	}
}

// end ends the event, whether it was handled or not. A second call has no effect.
func (e *event) end() {
	e.complete()
	if e.ended.Swap(true) {
		return
	}
	if e.done != nil {
		close(e.done)
	}
	if e.left != nil {
		e.left()
	}
}

// attrs returns the attributes of an event in the log. A nil event has none.
func (e *event) attrs() []any {
	if e == nil {
		return nil
	}
	attrs := []any{"event", e.kind}
	if e.method != "" {
		attrs = append(attrs, "method", e.method, "url", e.url)
	}
	if e.socket != nil {
		attrs = append(attrs, "connection", e.socket.ID())
	}
	return attrs
}

// handled reports whether an instance has begun the event. It is valid after the end of the event.
func (e *event) handled() bool { return !e.claim() }

// task is an event or a post for an instance, or neither.
type task struct {
	event *event
	post  *script.Post
}
