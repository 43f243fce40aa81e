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

// handler passes the events of the server to the application. Upgrade blocks until the script has handled the request. The
// other methods return at once, and the server's event is complete when that of the script is.
type handler struct{ app *App }

var (
	_ linger.Handler    = handler{}
	_ linger.PeerCloser = handler{}
	_ linger.Drainer    = handler{}
)

// Upgrade passes the request to the script. The answer is written on the goroutine of the request, because the event loop
// must not block.
func (h handler) Upgrade(u *linger.Upgrade) {
	if acceptInMemory(u) {
		return
	}
	r := u.Request
	if !h.app.inputs.admit(r) {
		_ = u.Respond(refuseMoved) // fails only if the request was answered
		return
	}
	target, refusal := h.app.requestURL(r)
	if refusal != nil {
		_ = u.Respond(func(w http.ResponseWriter, r *http.Request) { h.app.server.Refuse(w, r, refusal) }) // fails only if the request was answered
		return
	}
	w, wait := h.app.chooseWorker()
	if w == nil {
		_ = u.Respond(unavailable(wait)) // fails only if the request was answered
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
		_ = u.Respond(unavailable(w.status.retryAfter()))
	case e.response != nil:
		if err := u.Respond(e.response.write); err != nil { // the server has answered, because UpgradeTimeout has expired
			e.response.discard()
		}
	case e.overdue:
		h.failUpgrade(e, http.StatusGatewayTimeout, "the application did not answer in time")
	case e.failed:
		h.failUpgrade(e, http.StatusInternalServerError, "the application failed")
	}
}

// failUpgrade answers an upgrade request with an error. If the script has accepted it, the connection ends, with the local side as
// the initiator.
func (h handler) failUpgrade(e *event, status int, text string) {
	if assigned := h.app.assignments.find(e.socket); assigned != nil {
		assigned.failed = true
	}
	e.upgrade.Fail(status, text)
}

// Message passes a message to the script, or to the WebSocket object of its connection.
func (h handler) Message(m *linger.Message) {
	assigned := h.app.assignments.find(m.Socket)
	switch {
	case assigned == nil: // Go code has accepted the connection
		return
	case assigned.object != nil:
		h.app.beginObjects()
		assigned.object.receive(m.Payload, m.Async())
		return
	}
	assigned.submit(newMessage(m, m.Async(), assigned), h.app.config().opts.Overlap)
}

// messageEvent is the event of a message together with its input, so that both need one allocation.
type messageEvent struct {
	event
	message script.Message
}

// newMessage returns the event of a message.
func newMessage(m *linger.Message, completion *linger.Completion, assigned *assignment) *event {
	e := &messageEvent{
		event:   event{kind: "websocketmessage", socket: m.Socket, completion: completion, assignment: assigned},
		message: script.Message{Connection: m.Socket.ID(), Payload: m.Payload},
	}
	e.input = &e.message
	return &e.event
}

// PeerClose passes the peer's Close to the script, for a connection in half-open mode.
func (h handler) PeerClose(p *linger.PeerClose) {
	assigned := h.app.assignments.find(p.Socket)
	switch {
	case assigned == nil:
		return
	case assigned.object != nil:
		h.app.beginObjects()
		assigned.object.peerClose(p.Status, p.Async().Done)
		return
	}
	e := newEvent("websocketpeerclose", p.Socket)
	e.completion = p.Async()
	e.input = &script.PeerClose{Connection: p.Socket.ID(), Status: p.Status}
	assigned.submit(e, h.app.config().opts.Overlap)
}

// Drain passes the drain of a connection to the script, if it has a listener.
func (h handler) Drain(d *linger.Drain) {
	assigned := h.app.assignments.find(d.Socket)
	if assigned == nil || assigned.object != nil || !h.app.generation.Load().listensTo("websocketdrain") {
		return
	}
	e := newEvent("websocketdrain", d.Socket)
	e.completion = d.Async()
	e.input = &script.Drain{Connection: d.Socket.ID()}
	assigned.submit(e, h.app.config().opts.Overlap)
}

// Close passes the terminal event to the script, after all others. The script also gets it if the handshake did not complete
// after it accepted the connection.
func (h handler) Close(c *linger.Close) {
	assigned := h.app.assignments.find(c.Socket)
	if assigned == nil {
		return
	}
	completion := c.Async()
	onComplete := func() {
		h.app.assignments.remove(c.Socket)
		completion.Done()
	}
	if assigned.object != nil {
		h.app.beginObjects()
		assigned.object.closed(c, onComplete)
		return
	}
	assigned.submitClose(func() *event {
		e := newEvent("websocketclose", c.Socket)
		e.prepare = func(*hostAPI) {
			if assigned.tied != nil {
				assigned.tied.remove()
			}
			e.input = scriptClose(c, assigned.failed)
		}
		return e
	}, onComplete)
}

// scriptClose returns the terminal event of a connection for the script. failed reports whether the upgrade event failed after it
// accepted the connection.
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

// remoteCauses are the causes, of an end without a Close frame, for which the peer or the network is responsible.
var remoteCauses = []protocol.Cause{
	protocol.CauseEOF, protocol.CauseTransport, driver.CauseKeepAlive, driver.CauseStalled, linger.CauseHandshake,
}

// initiator returns the side that sent the first Close or, without one, caused the end. failed reports whether the upgrade event
// failed after it accepted the connection.
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
	if slices.Contains(remoteCauses, c.Cause) {
		return "remote"
	}
	return "local"
}

// unavailable returns a handler that answers with 503, for the time in which all workers back off.
func unavailable(wait time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
		http.Error(w, "the application keeps failing: try again later", http.StatusServiceUnavailable)
	}
}
