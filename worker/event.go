package worker

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
)

// event is one event on its way through an engine. Who submits it waits for done;
// start begins it on the event loop.
type event struct {
	kind  string // the type the script listens to
	start func(in *instance, id int) error
	begun chan struct{} // closed when the listeners have returned; nil if nobody waits for it
	done  chan struct{} // closed when they are done

	left func() // called when it is done, if set

	method, url string // of the request that it is about, if any, the URL without its query

	request bool        // somebody waits for an answer, and is better off with a refusal while the worker backs off
	claimed atomic.Bool // an engine has begun it, or it was refused: only one of them can be

	passed, ended atomic.Bool // begun is closed, done is

	// What belongs to the loop until done is closed.
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
	return &event{kind: kind, socket: socket, done: make(chan struct{})}
}

// newRequestEvent returns an event about a request, whose URL is target.
func newRequestEvent(kind string, r *http.Request, target string) *event {
	e := newEvent(kind, nil)
	e.request, e.method = true, r.Method
	e.url, _, _ = strings.Cut(target, "?") // queries may hold secrets
	return e
}

// claim returns true for the first who asks.
func (e *event) claim() bool { return !e.claimed.Swap(true) }

// pass lets those go on who wait for the listeners to return.
func (e *event) pass() {
	if e.begun != nil && !e.passed.Swap(true) {
		close(e.begun)
	}
}

// end lets everybody go on who waits for the event.
func (e *event) end() {
	e.pass()
	if e.ended.Swap(true) {
		return
	}
	close(e.done)
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

// submit has an event handled and waits until it is, or, if it has a begun, until
// its listeners have returned. It returns false if that will never be: the worker was
// stopped before, or has refused the event.
func (w *worker) submit(e *event) bool {
	var refusal <-chan struct{}
	if e.request {
		refusal = w.status.refusal()
	}
	select {
	case w.tasks <- e:
		return w.follow(e, refusal)
	case <-refusal:
		e.refused = true
	case <-w.gone:
	}
	return false
}

// follow waits for an event that is in the queue.
func (w *worker) follow(e *event, refusal <-chan struct{}) bool {
	until := e.done
	if e.begun != nil {
		until = e.begun
	}
	select {
	case <-until:
		return true
	case <-refusal:
		if e.claim() {
			e.refused = true
			return false
		}
		return w.follow(e, nil) // an engine was faster
	case <-w.gone:
	}
	select {
	case <-until: // it was among the last
		return true
	default:
		e.end()
		return false
	}
}

// task is what an engine begins with: an event or a post, or nothing.
type task struct {
	event *event
	post  *post
}
