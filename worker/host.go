package worker

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// hostAPI implements the functions that the script of an instance may call. Only Enqueue, listensTo and cancelRequests may be
// called by other goroutines than that of the instance's event loop. None of the methods blocks.
type hostAPI struct {
	caller     caller
	app        *App
	worker     *worker
	generation *generation
	events     *activeEvents
	timers     *loop.Timers
	arrivals   *loop.Arrivals
	sockets    *jsSockets
	gate       *fetch.Gate // bounds the fetches of the worker

	ctx      context.Context //nolint:containedctx // it ends with the instance
	cancel   context.CancelFunc
	fetches  map[int]context.CancelFunc // cancel the fetches that are not answered, by the script's numbers
	calls    map[int]struct{}           // the calls of objects that are not answered, by the script's numbers
	bodies   bodies
	batches  int            // the number of batches of D1 databases that are not answered
	asks     int            // the number of requests about the cluster that are not answered
	kvWrites int            // the number of writes of KV namespaces that are not answered
	streams  map[int]*event // the events that have ended with a response whose body is being sent, by their numbers

	incoming queue          // calls of what the script has passed by reference, which no other instance can handle
	passed   referenceTable // guarded by references.mu

	computations loop.Computations

	mu       sync.Mutex
	channels map[string]bool // the channels to which a BroadcastChannel listens; guarded by mu
}

// caller has the methods that host functions need of the instance whose script calls them.
type caller interface {
	endEvent(id int)                                 // ends an event; a second call has no effect
	traceFailure(e *event, text string, at Position) // passes a failure to Options.Trace
	leaveObject(o *object)                           // gives up an object that was evicted
	renewObject(o *object)                           // prepares an object that was evicted for its next events
	finishAlarm(e *event, outcome script.Outcome)    // ends an attempt to deliver an alarm
	alarmChanged(object int)                         // records that an object has set or deleted its alarm
	isAlarmHandled(object int) bool                  // reports whether an object handles the alarm that is stored
	useStorage(object int, unconfirmed bool, use func(*storage.Object) error) error
	commitWrites(fatal error)                                      // commits what objects have written in a turn
	isActivating() bool                                            // reports whether the install and activate events are in progress
	whenInUse(size int, do func()) error                           // calls do now, or as soon as the version is in use
	dispatchInTurn(e script.Event) error                           // passes the answer to a request to the script, within a turn
	reportFailure(e *event, err error, place Position)             // logs what the script has thrown
	reportOverdue(e *event)                                        // logs that the listeners of an event are not done in time
	reportSlow(e *event, took time.Duration, why string, at []any) // logs that a turn takes long
}

var _ script.Host = (*hostAPI)(nil)

func newHostAPI(in *instance) *hostAPI {
	ctx, cancel := context.WithCancel(context.Background())
	return &hostAPI{
		caller: in, app: in.app, worker: in.worker, generation: in.generation,
		events: &in.events, timers: &in.timers, arrivals: &in.arrivals, sockets: &in.sockets, gate: in.worker.gateFor(in.generation.opts.MaxFetches),
		ctx: ctx, cancel: cancel, fetches: map[int]context.CancelFunc{}, calls: map[int]struct{}{}, incoming: newQueue(nil), streams: map[int]*event{}, channels: map[string]bool{},
		computations: loop.NewComputations(ctx, &in.arrivals),
	}
}

// cancelRequests cancels all requests of the script, and drops their answers. Any goroutine may call it.
func (h *hostAPI) cancelRequests() {
	h.cancel()
	h.incoming.close()
	h.app.references.end(h)
	h.arrivals.Close()
	h.bodies.close()
}

// inProgress returns what the script waits for, outside of events: "a fetch is in progress", "a computation is in progress",
// or "" for nothing.
func (h *hostAPI) inProgress() string {
	switch {
	case len(h.calls) > 0:
		return "a call of an object is in progress"
	case h.app.references.inUse(h):
		return "something that was passed by reference is in use"
	case len(h.fetches) > 0 || h.bodies.isArriving():
		return "a fetch is in progress"
	case h.batches > 0:
		return "a statement of a D1 database is in progress"
	case h.asks > 0:
		return "a request to other nodes is in progress"
	case h.kvWrites > 0:
		return "a write to a KV namespace is in progress"
	case h.computations.InProgress():
		return "a computation is in progress"
	}
	return ""
}

// Enqueue implements [script.Host].
func (h *hostAPI) Enqueue(turn func() error) {
	h.arrivals.Add(loop.Arrival{Run: turn, Drop: func() {}})
}

// Compute implements [script.Host].
func (h *hostAPI) Compute(size int64, work func(context.Context), turn func() error) error {
	return h.computations.Add(size, work, turn)
}

// Accept implements [script.Calls].
func (h *hostAPI) Accept(id int, opts linger.AcceptOptions, closeAtReload bool) (string, error) {
	socket, err := acceptUpgrade(h.events.get(id), opts)
	if socket == nil {
		return "", err
	}
	assigned := &assignment{worker: h.worker, trace: h.events.get(id).traceContext()}
	if closeAtReload {
		assigned.tied = h.sockets.addTied(socket)
	}
	h.app.assignments.add(socket, assigned)
	return socket.ID(), nil
}

// AcceptSocket implements [script.Calls].
func (h *hostAPI) AcceptSocket(id int, subprotocol string, header http.Header) (int, error) {
	e := h.events.get(id)
	if e != nil && e.internal {
		return h.offerSocket(id, e, header)
	}
	socket, err := acceptUpgrade(e, linger.AcceptOptions{
		Subprotocol: subprotocol,
		Header:      header,
		HalfOpen:    true, // the script decides later whether it answers the peer's Close
	})
	if socket == nil {
		return 0, err
	}
	h.app.warnOfPairs()
	s := h.sockets.addObject(incomingSocket{socket}, socket)
	h.app.assignments.add(socket, &assignment{worker: h.worker, object: s, trace: e.traceContext()})
	return s.number, nil
}

// acceptUpgrade accepts the upgrade request of an event. It returns nil if the event has ended or the request was answered.
func acceptUpgrade(e *event, opts linger.AcceptOptions) (*linger.Socket, error) {
	if e == nil || e.upgrade == nil {
		return nil, nil
	}
	socket, err := e.upgrade.Accept(opts)
	switch {
	case errors.Is(err, handshake.ErrNotOffered):
		return nil, &script.Throw{Name: "TypeError", Message: "the client did not offer the subprotocol " + opts.Subprotocol}
	case errors.Is(err, linger.ErrAnswered): // for example by a getter in the options
		return nil, nil
	case err != nil:
		return nil, err
	}
	e.socket = socket
	return socket, nil
}

// Respond implements [script.Calls].
func (h *hostAPI) Respond(id, status int, header http.Header, body script.Body) bool {
	e := h.events.get(id)
	if e == nil {
		return false
	}
	content, reader, length := h.bodyOf(body)
	e.response = &response{status: status, header: header, body: content, length: length}
	if reader != nil {
		h.stream(id, e, reader)
	}
	h.caller.endEvent(id)
	return true
}

// stream makes reader the body of the response of an event. The instance is in use until the response has been sent.
func (h *hostAPI) stream(id int, e *event, reader bodyReader) {
	e.response.reader = reader
	e.response.timeout = h.generation.opts.Server.WriteTimeout
	e.response.log = func(text string, attrs ...any) {
		h.app.opts.Logger.Error(text, append(e.attrs(), attrs...)...)
		h.caller.traceFailure(e, text, Position{})
	}
	h.countSending(1)
	h.streams[id] = e
	e.response.onSent = func() {
		h.countSending(-1)
		h.Enqueue(func() error { // the event loop may also wait for the end of the response
			delete(h.streams, id)
			return nil
		})
	}
}

// RefusePlain implements [script.Calls].
func (h *hostAPI) RefusePlain(id int, socket bool) {
	if e := h.events.get(id); e != nil {
		e.plainRefusal = "this application accepts WebSocket connections only: it has no listener to fetch events"
		if socket {
			e.plainRefusal = "this application accepts only a WebSocket here: send Upgrade: websocket and Connection: Upgrade, over HTTP/1.1"
		}
		h.caller.endEvent(id)
	}
}

// Done implements [script.Calls].
func (h *hostAPI) Done(id int) { h.caller.endEvent(id) }

// Extend implements [script.Requests].
func (h *hostAPI) Extend(n int) { h.events.extend(n) }

// SetTimer implements [script.Calls].
func (h *hostAPI) SetTimer(id int, delay time.Duration, repeat bool) {
	h.timers.Set(id, delay, repeat)
}

// ClearTimer implements [script.Calls].
func (h *hostAPI) ClearTimer(id int) { h.timers.Clear(id) }

// warnOfPairs logs once how a reload affects WebSocket objects.
func (a *App) warnOfPairs() {
	a.pairsWarning.Do(func() {
		a.opts.Logger.Warn("the application uses WebSocketPair: a reload closes its sockets with 1012, because they hold closures; connections of websocketmessage listeners survive")
	})
}
