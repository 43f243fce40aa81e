package embedded

import (
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// objectSocketFunctions returns the host functions about WebSockets of Durable Objects.
func (r *runtime) objectSocketFunctions() map[string]function {
	return map[string]function{
		// hibernate(object, tags) returns the numbers of a hibernatable WebSocket and of the offer that is its other end.
		"hibernate": func(a arguments) (engine.Value, error) {
			socket, offer, err := r.host.Hibernate(a.int(0), a.texts(1))
			return engine.List(engine.Int(socket), engine.Int(offer)), err
		},
		// hibernatables(object, tag) returns the numbers of hibernatable WebSockets; without a tag those of all.
		"hibernatables": query(func(a arguments) engine.Value {
			var list []engine.Value
			for _, number := range r.host.Hibernatables(a.int(0), a.text(1), a.at(1).Kind() == engine.KindString) {
				list = append(list, engine.Int(number))
			}
			return engine.List(list...)
		}),
		// setObjectAutoResponse(object, request, response); without a request there is none.
		"setObjectAutoResponse": command(func(a arguments) {
			var response *script.AutoResponse
			if a.at(1).Kind() == engine.KindString {
				response = &script.AutoResponse{Request: a.text(1), Response: a.text(2)}
			}
			r.host.SetObjectAutoResponse(a.int(0), response)
		}),
		// objectAutoResponse(object) returns the request and the response, or undefined.
		"objectAutoResponse": query(func(a arguments) engine.Value {
			response := r.host.ObjectAutoResponse(a.int(0))
			if response == nil {
				return nothing
			}
			return engine.List(engine.String(response.Request), engine.String(response.Response))
		}),
		// setSocketEventTimeout(object, milliseconds)
		"setSocketEventTimeout": command(func(a arguments) {
			r.host.SetSocketEventTimeout(a.int(0), time.Duration(a.int(1))*time.Millisecond)
		}),
		// socketEventTimeout(object) returns milliseconds.
		"socketEventTimeout": query(func(a arguments) engine.Value {
			return engine.Int(int(r.host.SocketEventTimeout(a.int(0)).Milliseconds()))
		}),
		// abortSockets(object)
		"abortSockets": command(func(a arguments) { r.host.AbortSockets(a.int(0)) }),
		// acceptOffer(event, offer, protocol, headers) returns whether the request was accepted.
		"acceptOffer": func(a arguments) (engine.Value, error) {
			accepted, err := r.host.AcceptOffer(a.int(0), a.int(1), a.text(2), a.header(3))
			return engine.Bool(accepted), err
		},
		// connectOffer(offer, object) returns the number of the WebSocket object.
		"connectOffer": query(func(a arguments) engine.Value { return engine.Int(r.host.ConnectOffer(a.int(0), a.int(1))) }),
	}
}

// hibernatableFunctions returns the host functions about a hibernatable WebSocket, whose number is their first argument.
func (r *runtime) hibernatableFunctions() map[string]function {
	return map[string]function{
		// halves(socket) returns whether the incoming and the outgoing half are open.
		"halves": query(func(a arguments) engine.Value {
			incoming, outgoing := r.host.Halves(a.int(0))
			return engine.List(engine.Bool(incoming), engine.Bool(outgoing))
		}),
		// socketTags(socket)
		"socketTags": query(func(a arguments) engine.Value {
			var list []engine.Value
			for _, tag := range r.host.Tags(a.int(0)) {
				list = append(list, engine.String(tag))
			}
			return engine.List(list...)
		}),
		// attachment(socket) returns a serialized value, or undefined.
		"attachment": query(func(a arguments) engine.Value {
			if text, ok := r.host.Attachment(a.int(0)); ok {
				return engine.String(text)
			}
			return nothing
		}),
		// setAttachment(socket, value)
		"setAttachment": command(func(a arguments) { r.host.SetAttachment(a.int(0), a.text(1)) }),
		// autoResponseTime(socket) returns a time in milliseconds, or undefined.
		"autoResponseTime": query(func(a arguments) engine.Value {
			at := r.host.AutoResponseTime(a.int(0))
			if at.IsZero() {
				return nothing
			}
			return engine.Number(float64(at.UnixMilli()))
		}),
	}
}

// objectSocketEvent passes an event of a hibernatable WebSocket to the modules.
func (r *runtime) objectSocketEvent(id int, e script.Event) error {
	switch e := e.(type) {
	case *script.HibernatableMessage:
		return r.doneBy(id, "hibernatableMessage", engine.Int(id), engine.Int(e.Object), engine.Int(e.Socket), payloadValue(e.Payload))
	case *script.HibernatableClose:
		return r.doneBy(id, "hibernatableClose", engine.Int(id), engine.Int(e.Object), engine.Int(e.Socket),
			engine.Int(int(e.Status.Code)), engine.String(e.Status.Reason), engine.Bool(e.Clean), engine.String(e.Violation))
	}
	return r.callEvent(id, e)
}

// doneBy calls a function of the modules for an event, and ends the event if the result is true.
func (r *runtime) doneBy(id int, function string, args ...engine.Value) error {
	done, err := r.callResult(function, args...)
	if err == nil && done.Bool() { // a result costs less than a call of the host function done
		r.host.Done(id)
	}
	return err
}

// offered passes the WebSocket of an object, as the answer to a fetch, to the modules.
func (r *runtime) offered(e *script.Fetched) error {
	return r.call("offered", engine.Int(e.Number), partsOf(e.Answer), engine.Int(e.Offer), engine.String(fetch.Subprotocol(e.Answer.Header)))
}
