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
		done, err := r.callResult("message", engine.Int(id), engine.String(e.Connection), payloadValue(e.Payload))
		if err == nil && done.Bool() { // a result costs less than a call of the host function done
			r.host.Done(id)
		}
		return err
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
	case *script.Timer:
		return r.realm.FireTimer(e.ID)
	case *script.Post:
		return r.realm.Deliver(e.Channel, web.Message{Kind: webKinds[e.Kind], Text: e.Text, Bytes: e.Bytes})
	case *script.Fetched:
		return r.fetched(e)
	}
	return r.socketEvent(id, e)
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
	return nil
}

// request passes an HTTP request to the modules.
func (r *runtime) request(id int, e *script.Request) error {
	function, args := "upgrade", []engine.Value{
		engine.Int(id), engine.String(e.Method), engine.String(e.URL), headerList(&e.Header), addressText(e.Header.RemoteIP),
	}
	if !e.Upgrade {
		body := engine.Null()
		if e.Body != nil {
			body = engine.Bytes(e.Body)
		}
		function, args = "fetch", append(args, body)
	}
	return r.call(function, args...)
}

// fetched passes the answer to a fetch to the modules.
func (r *runtime) fetched(e *script.Fetched) error {
	number := engine.Int(e.Number)
	switch {
	case e.Failure != "":
		return r.call("fetched", number, engine.String(e.Failure))
	case e.Socket != 0:
		return r.call("upgraded", number, partsOf(e.Answer), engine.Int(e.Socket),
			engine.String(fetch.Subprotocol(e.Answer.Header)), engine.String(fetch.Extensions(e.Answer.Header)))
	}
	body := engine.Null()
	if content := e.Answer.Content(); content != nil {
		body = engine.Bytes(content)
	}
	return r.call("fetched", number, nothing, partsOf(e.Answer), body, engine.String(e.Answer.Coding), engine.String(e.Answer.Foreign))
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
