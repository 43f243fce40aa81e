package modules

import (
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// objectSocketFunctions returns the functions about WebSockets of Durable Objects.
func (t *Table) objectSocketFunctions() map[string]function {
	return map[string]function{
		// hibernate(object, tags) returns the numbers of a hibernatable WebSocket and of the offer that is its other end.
		"hibernate": func(a arguments) (engine.Value, error) {
			socket, offer, err := t.host.Hibernate(a.int(0), a.texts(1))
			return engine.List(engine.Int(socket), engine.Int(offer)), err
		},
		// hibernatables(object, tag) returns the numbers of hibernatable WebSockets; without a tag those of all.
		"hibernatables": query(func(a arguments) engine.Value {
			var list []engine.Value
			for _, number := range t.host.Hibernatables(a.int(0), a.text(1), a.at(1).Kind() == engine.KindString) {
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
			t.host.SetObjectAutoResponse(a.int(0), response)
		}),
		// objectAutoResponse(object) returns the request and the response, or undefined.
		"objectAutoResponse": query(func(a arguments) engine.Value {
			response := t.host.ObjectAutoResponse(a.int(0))
			if response == nil {
				return nothing
			}
			return engine.List(engine.String(response.Request), engine.String(response.Response))
		}),
		// setSocketEventTimeout(object, milliseconds)
		"setSocketEventTimeout": command(func(a arguments) {
			t.host.SetSocketEventTimeout(a.int(0), time.Duration(a.int(1))*time.Millisecond)
		}),
		// socketEventTimeout(object) returns milliseconds.
		"socketEventTimeout": query(func(a arguments) engine.Value {
			return engine.Int(int(t.host.SocketEventTimeout(a.int(0)).Milliseconds()))
		}),
		// abortSockets(object)
		"abortSockets": command(func(a arguments) { t.host.AbortSockets(a.int(0)) }),
		// acceptOffer(event, offer, protocol, headers) returns whether the request was accepted.
		"acceptOffer": func(a arguments) (engine.Value, error) {
			accepted, err := t.host.AcceptOffer(a.int(0), a.int(1), a.text(2), a.header(3))
			return engine.Bool(accepted), err
		},
		// connectOffer(offer, object) returns the number of the WebSocket object.
		"connectOffer": query(func(a arguments) engine.Value { return engine.Int(t.host.ConnectOffer(a.int(0), a.int(1))) }),
	}
}

// hibernatableFunctions returns the functions about a hibernatable WebSocket, whose number is their first argument.
func (t *Table) hibernatableFunctions() map[string]function {
	return map[string]function{
		// halves(socket) returns whether the incoming and the outgoing half are open.
		"halves": query(func(a arguments) engine.Value {
			incoming, outgoing := t.host.Halves(a.int(0))
			return engine.List(engine.Bool(incoming), engine.Bool(outgoing))
		}),
		// socketTags(socket)
		"socketTags": query(func(a arguments) engine.Value {
			var list []engine.Value
			for _, tag := range t.host.Tags(a.int(0)) {
				list = append(list, engine.String(tag))
			}
			return engine.List(list...)
		}),
		// attachment(socket) returns a serialized value, or undefined.
		"attachment": query(func(a arguments) engine.Value {
			if text, ok := t.host.Attachment(a.int(0)); ok {
				return engine.String(text)
			}
			return nothing
		}),
		// setAttachment(socket, value)
		"setAttachment": command(func(a arguments) { t.host.SetAttachment(a.int(0), a.text(1)) }),
		// autoResponseTime(socket) returns a time in milliseconds, or undefined.
		"autoResponseTime": query(func(a arguments) engine.Value {
			at := t.host.AutoResponseTime(a.int(0))
			if at.IsZero() {
				return nothing
			}
			return engine.Number(float64(at.UnixMilli()))
		}),
	}
}

// objectSocketEvent passes an event of a hibernatable WebSocket to the modules.
func (t *Table) objectSocketEvent(id int, e script.Event) Call {
	switch e := e.(type) {
	case *script.HibernatableMessage:
		return t.doneBy("hibernatableMessage", engine.Int(id), engine.Int(e.Object), engine.Int(e.Socket), payloadValue(e.Payload))
	case *script.HibernatableClose:
		return t.doneBy("hibernatableClose", engine.Int(id), engine.Int(e.Object), engine.Int(e.Socket),
			engine.Int(int(e.Status.Code)), engine.String(e.Status.Reason), engine.Bool(e.Clean), engine.String(e.Violation))
	}
	return t.callEvent(id, e)
}

// offered passes the WebSocket of an object, as the answer to a fetch, to the modules.
func (t *Table) offered(e *script.Fetched) Call {
	return t.call("offered", engine.Int(e.Number), partsOf(e.Answer), engine.Int(e.Offer), engine.String(fetch.Subprotocol(e.Answer.Header)))
}
