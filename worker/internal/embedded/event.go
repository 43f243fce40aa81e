package embedded

import (
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// Dispatch runs the listeners of an event.
func (r *runtime) Dispatch(began time.Time, id int, e script.Event) error {
	return r.turn(began, func() error { return r.dispatch(id, e) })
}

// dispatch calls the function of the modules for an event.
func (r *runtime) dispatch(id int, e script.Event) error {
	switch e := e.(type) {
	case *script.Message:
		return r.doneBy(id, "message", engine.Int(id), engine.String(e.Connection), payloadValue(e.Payload))
	case *script.Request:
		return r.request(id, e)
	case *script.PeerClose:
		return r.call("peerclose", engine.Int(id), engine.String(e.Connection), engine.Int(int(e.Status.Code)), engine.String(e.Status.Reason))
	case *script.Drain:
		return r.call("drain", engine.Int(id), engine.String(e.Connection))
	case *script.Close:
		return r.call("close", engine.Int(id), engine.String(e.Connection),
			engine.Int(int(e.Received.Code)), engine.String(e.Received.Reason),
			engine.Int(int(e.Sent.Code)), engine.String(e.Sent.Reason),
			engine.Bool(e.Clean), engine.String(e.Initiator), engine.String(e.Cause), engine.String(e.Violation))
	case *script.Lifecycle:
		return r.call("lifecycle", engine.Int(id), engine.String(e.Kind))
	case *script.Scheduled:
		return r.call("scheduled", engine.Int(id), engine.String(e.Cron), engine.Number(float64(e.Time.UnixMilli())))
	case *script.KVWritten:
		return r.call("kvWritten", engine.Int(e.Number), engine.String(e.Failure))
	case *script.D1Done:
		return r.d1Done(e)
	case *script.Timer:
		return r.realm.FireTimer(e.ID)
	case *script.Post:
		return r.realm.Deliver(e.Channel, web.Message{Kind: webKinds[e.Kind], Text: e.Text, Bytes: e.Bytes})
	case *script.Fetched:
		return r.fetched(e)
	}
	return r.bodyEvent(id, e)
}

// bodyEvent passes an event about a body or the client of a request to the modules.
func (r *runtime) bodyEvent(id int, e script.Event) error {
	switch e := e.(type) {
	case *script.BodyChunk:
		if e.Failure != nil {
			return r.call("bodyFailed", engine.Int(e.Body), engine.String(e.Failure.Message))
		}
		return r.call("bodyChunk", engine.Int(e.Body), chunkValue(e))
	case *script.BodyRoom:
		return r.call("bodyRoom", engine.Int(e.Body))
	case *script.BodyCancelled:
		return r.call("bodyCancelled", engine.Int(e.Body), engine.String(e.Reason))
	case *script.Disconnected:
		return r.call("disconnected", engine.Int(e.Event))
	}
	return r.socketEvent(id, e)
}

// chunkValue returns a chunk as bytes, or null at the end of a body that is read in chunks.
func chunkValue(c *script.BodyChunk) engine.Value {
	if c.End && c.Data == nil {
		return engine.Null()
	}
	return engine.Bytes(c.Data)
}

// socketEvent passes an event to a WebSocket object.
func (r *runtime) socketEvent(id int, e script.Event) error {
	switch e := e.(type) {
	case *script.SocketOpen:
		return r.call("socketOpen", engine.Int(id), engine.Int(e.Socket), engine.String(e.Subprotocol), engine.String(e.Extensions))
	case *script.SocketMessage:
		return r.call("socketMessage", engine.Int(id), engine.Int(e.Socket), payloadValue(e.Payload))
	case *script.SocketClose:
		return r.call("socketPeerClose", engine.Int(id), engine.Int(e.Socket), engine.Int(int(e.Status.Code)), engine.String(e.Status.Reason))
	case *script.SocketEnd:
		return r.call("socketEnd", engine.Int(id), engine.Int(e.Socket),
			engine.Int(int(e.Received.Code)), engine.String(e.Received.Reason), engine.Bool(e.Clean), engine.String(e.Failure))
	}
	return r.objectEvent(id, e)
}

// request passes an HTTP request to the modules.
func (r *runtime) request(id int, e *script.Request) error {
	function, args := "upgrade", []engine.Value{
		engine.Int(id), engine.String(e.Method), engine.String(e.URL), headerList(&e.Header), addressText(e.Header.RemoteIP),
	}
	if !e.Upgrade {
		function, args = "fetch", append(args, receivedValue(e.Body, e.Received))
	}
	return r.call(function, args...)
}

// fetched passes the answer to a fetch to the modules.
func (r *runtime) fetched(e *script.Fetched) error {
	number := engine.Int(e.Number)
	switch {
	case e.Thrown != "":
		return r.call("fetchThrew", number, engine.String(e.Thrown))
	case e.Failure != "":
		return r.call("fetched", number, engine.String(e.Failure), textList(e.Flags))
	case e.Offer != 0:
		return r.offered(e)
	case e.Socket != 0:
		return r.call("upgraded", number, partsOf(e.Answer), engine.Int(e.Socket),
			engine.String(fetch.Subprotocol(e.Answer.Header)), engine.String(fetch.Extensions(e.Answer.Header)))
	}
	return r.call("fetched", number, nothing, partsOf(e.Answer), receivedValue(e.Body, e.Received),
		engine.String(e.Answer.Coding), engine.String(e.Answer.Foreign))
}

// receivedValue returns a complete body as bytes, a body that has not arrived completely as its number, and no body as null.
func receivedValue(whole []byte, number int) engine.Value {
	switch {
	case number != 0:
		return engine.Int(number)
	case whole != nil:
		return engine.Bytes(whole)
	}
	return engine.Null()
}

// call calls a function that the modules have exposed.
func (r *runtime) call(function string, args ...engine.Value) error {
	_, err := r.callResult(function, args...)
	return err
}

// callResult calls a function that the modules have exposed and returns its result.
func (r *runtime) callResult(function string, args ...engine.Value) (engine.Value, error) {
	fn, err := r.realm.Function(function)
	if err != nil {
		return nothing, err
	}
	return r.engine.Call(fn, args...)
}

// payloadValue returns the payload of a message as a string or bytes of the engine.
func payloadValue(p linger.Payload) engine.Value {
	if p.Binary {
		return engine.Bytes(p.Data)
	}
	return engine.Text(p.Data)
}

// webKinds maps the kinds of posts to those of package web.
var webKinds = map[script.PostKind]web.Kind{
	script.TextPost:  web.TextMessage,
	script.BytesPost: web.BytesMessage,
	script.ClonePost: web.CloneMessage,
}
