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
	"github.com/lingerws/linger/worker/internal/engine"
)

// handler is an application as package linger sees it: each call submits an event. Upgrade returns
// when the script is done with it; the others return at once, and the end of the event completes it.
type handler struct{ app *App }

var (
	_ linger.Handler    = handler{}
	_ linger.PeerCloser = handler{}
	_ linger.Drainer    = handler{}
)

// Upgrade hands the request to the script. What it answers with is written here,
// not on the event loop, which waits for nobody.
func (h handler) Upgrade(u *linger.Upgrade) {
	r := u.Request
	target, refusal := h.app.requestURL(r)
	if refusal != nil {
		_ = u.Respond(func(w http.ResponseWriter, r *http.Request) { h.app.server.Refuse(w, r, refusal) }) // nothing has answered before
		return
	}
	w, wait := h.app.choose()
	if w == nil {
		_ = u.Respond(unavailable(wait)) // nobody has answered before
		return
	}
	e := newRequestEvent("websocketupgrade", r, target)
	e.upgrade = u
	e.start = func(in *instance, id int) error {
		return in.dispatch("upgrade", h.app.requestFacts(id, r, target, asHandshake(r.Header))...)
	}
	w.submit(e)
	switch {
	case e.refused:
		_ = u.Respond(unavailable(w.status.pause()))
	case e.response != nil:
		_ = u.Respond(e.response.serve) // the script answers once
	case e.overdue:
		h.giveUp(e, http.StatusGatewayTimeout, "the application did not answer in time")
	case e.failed:
		h.giveUp(e, http.StatusInternalServerError, "the application failed")
	}
}

// giveUp answers an upgrade request with an error. If the script had accepted it, the
// end of the connection is its doing.
func (h handler) giveUp(e *event, status int, text string) {
	if seat := h.app.seats.of(e.socket); seat != nil {
		seat.failed = true
	}
	e.upgrade.Fail(status, text)
}

// Message hands a message to the script.
func (h handler) Message(m *linger.Message) {
	seat := h.app.seats.of(m.Socket)
	switch {
	case seat == nil: // Go code has accepted it, the script knows nothing of it
		return
	case seat.line != nil:
		seat.line.message(m.Payload, m.Async().Done)
		return
	}
	seat.submit(newMessage(m, m.Async(), seat), h.app.opts.Overlap)
}

// newMessage returns the event of a message.
func newMessage(m *linger.Message, completion *linger.Completion, place *seat) *event {
	e := newEvent("websocketmessage", m.Socket)
	e.completion, e.seat = completion, place
	e.start = func(in *instance, id int) error {
		return in.message(id, m.Socket.ID(), content(m.Payload))
	}
	return e
}

// message calls the listeners for a message, and finishes its event if they are done.
func (in *instance) message(id int, connection string, data engine.Value) error {
	done, err := in.ask("message", engine.Int(id), engine.String(connection), data)
	if err == nil && done.Bool() {
		in.finish(id)
	}
	return err
}

// PeerClose tells the script that the peer has finished, for a connection in half-open
// mode.
func (h handler) PeerClose(p *linger.PeerClose) {
	seat := h.app.seats.of(p.Socket)
	switch {
	case seat == nil:
		return
	case seat.line != nil:
		seat.line.peerClose(p.Status, p.Async().Done)
		return
	}
	e := newEvent("websocketpeerclose", p.Socket)
	e.completion = p.Async()
	e.start = func(in *instance, id int) error {
		return in.dispatch("peerclose", engine.Int(id), engine.String(p.Socket.ID()), engine.Int(int(p.Status.Code)), engine.String(p.Status.Reason))
	}
	seat.submit(e, h.app.opts.Overlap)
}

// Drain tells the script that a connection has room again, if it wants to know.
func (h handler) Drain(d *linger.Drain) {
	seat := h.app.seats.of(d.Socket)
	if seat == nil || seat.line != nil || !h.app.generation.Load().drains {
		return
	}
	e := newEvent("websocketdrain", d.Socket)
	e.completion = d.Async()
	e.start = func(in *instance, id int) error {
		return in.dispatch("drain", engine.Int(id), engine.String(d.Socket.ID()))
	}
	seat.submit(e, h.app.opts.Overlap)
}

// Close hands the terminal event to the script, when all others are done. A
// connection whose handshake did not complete was never open for the script's peer,
// but the script has seen it, so it is told too.
func (h handler) Close(c *linger.Close) {
	seat := h.app.seats.of(c.Socket)
	if seat == nil {
		return
	}
	completion := c.Async()
	then := func() {
		h.app.seats.leave(c.Socket)
		completion.Done()
	}
	if seat.line != nil {
		seat.line.end(c.Received, c.Clean, failureOf(c), then)
		return
	}
	seat.submitEnd(func() *event {
		e := newEvent("websocketclose", c.Socket)
		e.start = func(in *instance, id int) error {
			if seat.tie != nil {
				seat.tie.drop()
			}
			return in.dispatch("close", append([]engine.Value{engine.Int(id), engine.String(c.Socket.ID())}, closeFacts(c, seat.failed)...)...)
		}
		return e
	}, then)
}

// closeFacts are what a module is given of the end of a connection; failed says that the
// script's upgrade event failed after it had accepted.
func closeFacts(c *linger.Close, failed bool) []engine.Value {
	violation := ""
	if c.Violation != nil {
		violation = c.Violation.ID
	}
	return []engine.Value{
		engine.Int(int(c.Received.Code)), engine.String(c.Received.Reason),
		engine.Int(int(c.Sent.Code)), engine.String(c.Sent.Reason),
		engine.Bool(c.Clean), engine.String(initiator(c, failed)),
		engine.String(string(c.Cause)), engine.String(violation),
	}
}

// endsOfPeers are the causes of ends without any Close that came from the peer or the network.
var endsOfPeers = []protocol.Cause{
	protocol.CauseEOF, protocol.CauseTransport, driver.CauseKeepAlive, driver.CauseStalled, linger.CauseHandshake,
}

// initiator says who sent the first Close; without any, whose side the end came from:
// failed says that it was the script's, before the connection was open.
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

func content(p linger.Payload) engine.Value {
	if p.Binary {
		return engine.Bytes(p.Data)
	}
	return engine.Text(p.Data)
}

// unavailable refuses a request for a while.
func unavailable(wait time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
		http.Error(w, "the application fails again and again: try later", http.StatusServiceUnavailable)
	}
}
