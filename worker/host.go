package worker

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker/internal/script"
)

// hostAPI has the functions that the script of an instance may call. Except for Enqueue and listensTo its methods
// belong to the instance's event loop. None of them blocks.
type hostAPI struct {
	caller     caller
	app        *App
	worker     *worker
	generation *generation
	events     *activeEvents
	timers     *timers
	arrivals   *arrivals
	sockets    *jsSockets

	ctx     context.Context //nolint:containedctx // it ends with the instance
	cancel  context.CancelFunc
	fetches map[int]context.CancelFunc // in flight or waiting, by the numbers that the script has given them

	mu       sync.Mutex
	channels map[string]bool // to which a BroadcastChannel listens; guarded by mu
}

// caller is what the host functions need of the instance whose script calls them.
type caller interface {
	finish(id int)                                       // ends an event
	activates() bool                                     // reports whether the install and activate events are in progress
	act(size int, do func()) error                       // calls do, as soon as the version is in use
	answer(e *script.Fetched) error                      // passes the answer to a request to the script, within a turn
	reportFailure(e *event, err error, place Position)   // logs what the script has thrown
	reportSlow(took time.Duration, why string, at []any) // logs that a turn takes long
}

var _ script.Host = (*hostAPI)(nil)

func newHostAPI(in *instance) *hostAPI {
	ctx, cancel := context.WithCancel(context.Background())
	return &hostAPI{
		caller: in, app: in.app, worker: in.worker, generation: in.generation,
		events: &in.events, timers: &in.timers, arrivals: &in.arrivals, sockets: &in.sockets,
		ctx: ctx, cancel: cancel, fetches: map[int]context.CancelFunc{}, channels: map[string]bool{},
	}
}

// end cancels what the script has requested. Any goroutine may call it.
func (h *hostAPI) end() {
	h.cancel()
	h.arrivals.end()
}

// reason returns which request is in progress, "" if there is none.
func (h *hostAPI) reason() string {
	if len(h.fetches) > 0 {
		return "a fetch is in progress"
	}
	return ""
}

// Enqueue implements [script.Host].
func (h *hostAPI) Enqueue(turn func() error) {
	h.arrivals.add(arrival{run: turn, drop: func() {}})
}

// Accept implements [script.Calls].
func (h *hostAPI) Accept(id int, opts linger.AcceptOptions, closeAtReload bool) (string, error) {
	socket, err := acceptUpgrade(h.events.get(id), opts)
	if socket == nil {
		return "", err
	}
	place := &assignment{worker: h.worker}
	if closeAtReload {
		place.tied = h.sockets.tie(socket)
	}
	h.app.assignments.add(socket, place)
	return socket.ID(), nil
}

// AcceptSocket implements [script.Calls].
func (h *hostAPI) AcceptSocket(id int, subprotocol string, header http.Header) (int, error) {
	socket, err := acceptUpgrade(h.events.get(id), linger.AcceptOptions{
		Subprotocol: subprotocol,
		Header:      header,
		HalfOpen:    true, // the script decides later whether it answers the peer's Close
	})
	if socket == nil {
		return 0, err
	}
	h.app.warnOfPairs()
	s := h.sockets.join(incomingSocket{socket}, socket)
	h.app.assignments.add(socket, &assignment{worker: h.worker, object: s})
	return s.number, nil
}

// acceptUpgrade accepts the request of an event. It returns nil if the event is over or the request was answered.
func acceptUpgrade(e *event, opts linger.AcceptOptions) (*linger.Socket, error) {
	if e == nil || e.upgrade == nil {
		return nil, nil
	}
	socket, err := e.upgrade.Accept(opts)
	switch {
	case errors.Is(err, handshake.ErrNotOffered):
		return nil, &script.Throw{Name: "TypeError", Message: "the client did not offer the subprotocol " + opts.Subprotocol}
	case errors.Is(err, linger.ErrAnswered): // by a getter in the options
		return nil, nil
	case err != nil:
		return nil, err
	}
	e.socket = socket
	return socket, nil
}

// Respond implements [script.Calls].
func (h *hostAPI) Respond(id, status int, header http.Header, body []byte) {
	if e := h.events.get(id); e != nil {
		e.response = &response{status, header, body}
		h.caller.finish(id)
	}
}

// RefusePlain implements [script.Calls].
func (h *hostAPI) RefusePlain(id int, socket bool) {
	if e := h.events.get(id); e != nil {
		e.unserved = "this application speaks WebSocket only: it listens to no fetch event"
		if socket {
			e.unserved = "this application answers here with a WebSocket only: send Upgrade: websocket and Connection: Upgrade, over HTTP/1.1"
		}
		h.caller.finish(id)
	}
}

// Done implements [script.Calls].
func (h *hostAPI) Done(id int) { h.caller.finish(id) }

// Extend implements [script.Requests].
func (h *hostAPI) Extend(n int) { h.events.extend(n) }

// SetTimer implements [script.Calls].
func (h *hostAPI) SetTimer(id int, delay time.Duration, repeat bool) {
	h.timers.set(id, delay, repeat)
}

// ClearTimer implements [script.Calls].
func (h *hostAPI) ClearTimer(id int) { h.timers.clear(id) }

// warnOfPairs logs, once, how a reload affects WebSocket objects.
func (a *App) warnOfPairs() {
	a.pairs.Do(func() {
		a.opts.Logger.Warn("the application uses WebSocketPair: a reload closes its sockets with 1012, because they hold closures; connections of websocketmessage listeners survive")
	})
}
