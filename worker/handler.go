package worker

import (
	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/engine"
)

// handler is an application as package linger sees it: each call submits an event
// and returns when the script is done with it.
type handler struct{ app *App }

var _ linger.Handler = handler{}

// Upgrade hands the request to the script. What it answers with is written here,
// not on the event loop, which waits for nobody.
func (h handler) Upgrade(u *linger.Upgrade) {
	e := newEvent("websocketupgrade", nil)
	e.upgrade = u
	r := u.Request
	e.start = func(in *instance, id int) error {
		return in.dispatch("upgrade", engine.Int(id), engine.String(r.Method), engine.String(requestURL(r)), headerList(r))
	}
	h.app.worker.submit(e)
	if e.response != nil {
		_ = u.Respond(e.response.serve) // the script answers once
	}
}

// Message hands a message to the script.
func (h handler) Message(m *linger.Message) {
	e := newEvent("websocketmessage", m.Socket)
	e.start = func(in *instance, id int) error {
		return in.dispatch("message", engine.Int(id), engine.String(m.Socket.ID()), content(m.Payload))
	}
	h.app.worker.submit(e)
}

// Close hands the terminal event to the script. A connection whose handshake did
// not complete was never open for the script's peer, but the script has seen it,
// so it is told too.
func (h handler) Close(c *linger.Close) {
	e := newEvent("websocketclose", c.Socket)
	e.start = func(in *instance, id int) error {
		return in.dispatch("close", engine.Int(id), engine.String(c.Socket.ID()),
			engine.Int(int(c.Received.Code)), engine.String(c.Received.Reason),
			engine.Bool(c.Clean), engine.String(initiator(c)))
	}
	h.app.worker.submit(e)
}

// initiator tells who closed first; without any Close frame, who caused the end.
func initiator(c *linger.Close) string {
	switch c.First {
	case protocol.Local:
		return "local"
	case protocol.Remote:
		return "remote"
	case protocol.Neither:
	}
	if c.Cause == protocol.CauseEOF || c.Cause == protocol.CauseTransport || c.Cause == linger.CauseHandshake {
		return "remote"
	}
	return "local"
}

func content(p linger.Payload) engine.Value {
	if p.Binary {
		return engine.Bytes(p.Data)
	}
	return engine.String(p.String())
}
