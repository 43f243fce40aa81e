package worker

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/script"
)

// handler passes the events of the server to the application. Upgrade blocks until the script has handled the request; the
// others return at once, and the end of the event completes the server's event.
type handler struct{ app *App }

var (
	_ linger.Handler    = handler{}
	_ linger.PeerCloser = handler{}
	_ linger.Drainer    = handler{}
)

// Upgrade passes the request to the script. The answer is written on the goroutine of the request, because the event loop
// must not block.
func (h handler) Upgrade(u *linger.Upgrade) {
	r := u.Request
	target, refusal := h.app.requestURL(r)
	if refusal != nil {
		_ = u.Respond(func(w http.ResponseWriter, r *http.Request) { h.app.server.Refuse(w, r, refusal) }) // it has no answer yet
		return
	}
	w, wait := h.app.choose()
	if w == nil {
		_ = u.Respond(unavailable(wait)) // it has no answer yet
		return
	}
	e := newRequestEvent("websocketupgrade", r, target)
	e.upgrade = u
	request := h.app.scriptRequest(r, target, asHandshake(r.Header))
	request.Upgrade = true
	e.input = request
	w.submit(e)
	switch {
	case e.refused:
		_ = u.Respond(unavailable(w.status.pause()))
	case e.response != nil:
		_ = u.Respond(e.response.serve) // the script can answer only once
	case e.overdue:
		h.giveUp(e, http.StatusGatewayTimeout, "the application did not answer in time")
	case e.failed:
		h.giveUp(e, http.StatusInternalServerError, "the application failed")
	}
}

// giveUp answers an upgrade request with an error. If the script had accepted it, the connection ends, and the script is
// the initiator.
func (h handler) giveUp(e *event, status int, text string) {
	if place := h.app.assignments.of(e.socket); place != nil {
		place.failed = true
	}
	e.upgrade.Fail(status, text)
}

// Message passes a message to the script.
func (h handler) Message(m *linger.Message) {
	place := h.app.assignments.of(m.Socket)
	switch {
	case place == nil: // Go code has accepted the connection
		return
	case place.object != nil:
		place.object.message(m.Payload, m.Async().Done)
		return
	}
	place.submit(newMessage(m, m.Async(), place), h.app.opts.Overlap)
}

// messageEvent is the event of a message with its input, in one allocation.
type messageEvent struct {
	event
	message script.Message
}

// newMessage returns the event of a message.
func newMessage(m *linger.Message, completion *linger.Completion, place *assignment) *event {
	e := &messageEvent{
		event:   event{kind: "websocketmessage", socket: m.Socket, completion: completion, place: place},
		message: script.Message{Connection: m.Socket.ID(), Payload: m.Payload},
	}
	e.input = &e.message
	return &e.event
}

// PeerClose passes the peer's Close to the script, for a connection in half-open mode.
func (h handler) PeerClose(p *linger.PeerClose) {
	place := h.app.assignments.of(p.Socket)
	switch {
	case place == nil:
		return
	case place.object != nil:
		place.object.peerClose(p.Status, p.Async().Done)
		return
	}
	e := newEvent("websocketpeerclose", p.Socket)
	e.completion = p.Async()
	e.input = &script.PeerClose{Connection: p.Socket.ID(), Status: p.Status}
	place.submit(e, h.app.opts.Overlap)
}

// Drain reports to the script that the send queue of a connection is empty, if a listener exists.
func (h handler) Drain(d *linger.Drain) {
	place := h.app.assignments.of(d.Socket)
	if place == nil || place.object != nil || !h.app.generation.Load().drains {
		return
	}
	e := newEvent("websocketdrain", d.Socket)
	e.completion = d.Async()
	e.input = &script.Drain{Connection: d.Socket.ID()}
	place.submit(e, h.app.opts.Overlap)
}

// Close passes the terminal event to the script, after all others. The script gets it also if the handshake did not
// complete, because it has accepted the connection.
func (h handler) Close(c *linger.Close) {
	place := h.app.assignments.of(c.Socket)
	if place == nil {
		return
	}
	completion := c.Async()
	then := func() {
		h.app.assignments.remove(c.Socket)
		completion.Done()
	}
	if place.object != nil {
		place.object.end(c.Received, c.Clean, failureText(c), then)
		return
	}
	place.submitEnd(func() *event {
		e := newEvent("websocketclose", c.Socket)
		e.prepare = func() {
			if place.tied != nil {
				place.tied.remove()
			}
			e.input = scriptClose(c, place.failed)
		}
		return e
	}, then)
}

// scriptClose returns the terminal event of a connection. failed reports whether the script's upgrade event failed after
// it had accepted the connection.
func scriptClose(c *linger.Close, failed bool) *script.Close {
	violation := ""
	if c.Violation != nil {
		violation = c.Violation.ID
	}
	return &script.Close{
		Connection: c.Socket.ID(), Received: c.Received, Sent: c.Sent, Clean: c.Clean,
		Initiator: initiator(c, failed), Cause: string(c.Cause), Violation: violation,
	}
}

// endsOfPeers are the causes of an end without a Close frame that the peer or the network is responsible for.
var endsOfPeers = []protocol.Cause{
	protocol.CauseEOF, protocol.CauseTransport, driver.CauseKeepAlive, driver.CauseStalled, linger.CauseHandshake,
}

// initiator returns which side sent the first Close or, without one, caused the end. failed reports whether the script's
// upgrade event failed.
func initiator(c *linger.Close, failed bool) string {
	switch c.First {
	case protocol.Local:
		return "local"
	case protocol.Remote:
		return "remote"
	case protocol.Neither:
	}
	if failed {
		return "local"
	}
	if slices.Contains(endsOfPeers, c.Cause) {
		return "remote"
	}
	return "local"
}

// unavailable answers a request with 503 while the worker backs off.
func unavailable(wait time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
		http.Error(w, "the application fails again and again: try later", http.StatusServiceUnavailable)
	}
}
