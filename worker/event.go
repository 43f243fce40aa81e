package worker

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
)

// event is one event on its way through an engine; start begins it on the event loop.
type event struct {
	kind  string // the type the script listens to
	start func(in *instance, id int) error

	// What follows the event. None of it waits for the script, and it may happen on the event loop.
	completion *linger.Completion // of the event of the server that it is, if any
	then       func()             // called with the completion, if set
	overlaps   bool               // both follow the return of the listeners
	left       func()             // called when the event is done, if set
	seat       *seat              // of a message: that of its connection
	done       chan struct{}      // of a request: closed when the event is done

	method, url string // of the request that it is about, if any, the URL without its query

	request bool        // somebody waits for an answer, and is better off with a refusal while the worker backs off
	claimed atomic.Bool // an engine has begun it, or it was refused: only one of them can be

	passed, ended atomic.Bool // the completion is done; so is the event
	inBurst       bool        // the burst ends it
	over          bool        // the burst has to

	// What belongs to the loop until the event is done.
	begins   time.Time       // when its listeners were called, if they have returned and it goes on
	socket   *linger.Socket  // the connection it is about, if any
	upgrade  *linger.Upgrade // the request that may become a connection
	response *response       // the script's answer to a request
	unserved string          // why a plain request gets 426; empty if it does not
	failed   bool            // a listener threw
	problem  *ScriptError    // what the first one threw, or why there is no answer
	overdue  bool            // it took too long

	refused bool // by a worker that backs off, before it had begun; for who submits it
}

func newEvent(kind string, socket *linger.Socket) *event {
	return &event{kind: kind, socket: socket}
}

// newRequestEvent returns an event about a request, whose URL is target.
func newRequestEvent(kind string, r *http.Request, target string) *event {
	e := newEvent(kind, nil)
	e.done = make(chan struct{})
	e.request, e.method = true, r.Method
	e.url, _, _ = strings.Cut(target, "?") // queries may hold secrets
	return e
}

// claim returns true for the first who asks.
func (e *event) claim() bool { return !e.claimed.Swap(true) }

// pass follows the return of the listeners: with overlap the connection's next event may come.
func (e *event) pass() {
	if e.overlaps {
		e.proceed()
	}
}

// proceed lets the connection's next event come.
func (e *event) proceed() {
	if e.passed.Swap(true) {
		return
	}
	if e.then != nil {
		e.then()
	}
	if e.completion != nil {
		e.completion.Done()
	}
}

// end follows the event, whether it was handled or never will be. A second call has no effect.
func (e *event) end() {
	e.proceed()
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

// attrs are what a log tells of an event.
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

// submit has the event of a request handled and waits until it is. It returns false if that
// will never be: the worker was stopped before, or has refused the event.
func (w *worker) submit(e *event) bool {
	refusal := w.status.refusal()
	if closed(refusal) {
		e.refused = true
		return false
	}
	return w.tasks.put(e) && w.follow(e, refusal)
}

// follow waits for an event that is in the queue.
func (w *worker) follow(e *event, refusal <-chan struct{}) bool {
	select {
	case <-e.done:
	case <-refusal:
		if e.claim() {
			e.refused = true
			return false
		}
		return w.follow(e, nil) // an engine was faster
	case <-w.gone:
		e.end()
	}
	return e.handled()
}

// handled reports whether an engine has begun the event, after its end.
func (e *event) handled() bool { return !e.claim() }

// task is what an engine begins with: an event or a post, or nothing.
type task struct {
	event *event
	post  *post
}
