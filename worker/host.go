package worker

import (
	"errors"
	"fmt"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker/internal/engine"
)

// define lends the modules in js their Go functions. All of them run on the event
// loop and wait for nobody.
func (in *instance) define() error {
	for name, fn := range map[string]func(args arguments) (engine.Value, error){
		"accept":      in.accept,
		"acceptLine":  in.acceptLine,
		"respond":     in.respond,
		"unserved":    in.unserved,
		"done":        in.done,
		"unanswered":  in.unanswered,
		"extend":      in.extended,
		"report":      in.report,
		"send":        in.send,
		"close":       in.closeSocket,
		"state":       in.state,
		"buffered":    in.buffered,
		"facts":       in.facts,
		"headers":     in.headers,
		"data":        in.data,
		"setData":     in.setData,
		"subscribe":   in.subscribe,
		"unsubscribe": in.unsubscribe,
		"list":        in.list,
		"count":       in.count,
		"publishTo":   in.publishTo,
		"autoRespond": in.autoRespond,
		"warnOfBlob":  in.warnOfBlob,
		"listened":    in.listened,
		"ignored":     in.ignored,

		"lineSend":     in.lineSend,
		"lineClose":    in.lineClose,
		"lineAnswer":   in.lineAnswer,
		"lineBuffered": in.lineBuffered,
		"fetch":        in.fetch,
		"cancelFetch":  in.cancelFetch,
		"dial":         in.dial,
		"giveUp":       in.giveUp,
	} {
		if err := in.rt.Define(name, func(args []engine.Value) (engine.Value, error) { return fn(args) }); err != nil {
			return err
		}
	}
	return nil
}

// dispatch calls the function a module exposes for a kind of event.
func (in *instance) dispatch(kind string, args ...engine.Value) error {
	_, err := in.ask(kind, args...)
	return err
}

// ask is dispatch for a function that has a result.
func (in *instance) ask(kind string, args ...engine.Value) (engine.Value, error) {
	fn, err := in.realm.Function(kind)
	if err != nil {
		return nothing, err
	}
	return in.rt.Call(fn, args...)
}

// arguments are what a module passed; those that are missing are undefined.
type arguments []engine.Value

func (a arguments) at(i int) engine.Value {
	if i < len(a) {
		return a[i]
	}
	return engine.Undefined()
}

var nothing = engine.Undefined()

// accept(event, protocol, headers, data, halfOpen, closes) makes the request of an event a
// connection and returns its id, or undefined after the event's time. With closes the
// connection ends with this engine.
func (in *instance) accept(args arguments) (engine.Value, error) {
	opts := linger.AcceptOptions{Subprotocol: args.at(1).String(), Header: wireHeader(args.at(2)), HalfOpen: args.at(4).Bool()}
	if text := args.at(3); text.Kind() == engine.KindString {
		opts.Data = text.String()
	}
	socket, err := in.upgrade(in.event(args.at(0).Int()), opts)
	if socket == nil {
		return nothing, err
	}
	place := &seat{worker: in.worker}
	if args.at(5).Bool() {
		place.tie = in.tie(socket)
	}
	in.app.seats.take(socket, place)
	return engine.String(socket.ID()), nil
}

// upgrade accepts the request of an event. It returns nil after the event's time.
func (in *instance) upgrade(e *event, opts linger.AcceptOptions) (*linger.Socket, error) {
	if e == nil || e.upgrade == nil {
		return nil, nil
	}
	socket, err := e.upgrade.Accept(opts)
	switch {
	case errors.Is(err, handshake.ErrNotOffered):
		return nil, &engine.Throw{Name: "TypeError", Message: "the client did not offer the subprotocol " + opts.Subprotocol}
	case errors.Is(err, linger.ErrAnswered): // by a getter among the options
		return nil, nil
	case err != nil:
		return nil, err
	}
	e.socket = socket
	return socket, nil
}

// respond(event, status, headers, body) answers the request of an event.
func (in *instance) respond(args arguments) (engine.Value, error) {
	id := args.at(0).Int()
	if e := in.event(id); e != nil {
		e.response = &response{status: args.at(1).Int(), header: wireHeader(args.at(2)), body: args.at(3).Content()}
		in.finish(id)
	}
	return nothing, nil
}

// unserved(event, socket) answers a plain request with 426. socket reports whether the script has a WebSocket to answer
// it with; otherwise nothing listens to plain requests.
func (in *instance) unserved(args arguments) (engine.Value, error) {
	id := args.at(0).Int()
	if e := in.event(id); e != nil {
		e.unserved = "this application speaks WebSocket only: it listens to no fetch event"
		if args.at(1).Bool() {
			e.unserved = "this application answers here with a WebSocket only: send Upgrade: websocket and Connection: Upgrade, over HTTP/1.1"
		}
		in.finish(id)
	}
	return nothing, nil
}

// done(event) tells that the listeners of an event are done.
func (in *instance) done(args arguments) (engine.Value, error) {
	in.finish(args.at(0).Int())
	return nothing, nil
}

// extend(n) counts the promises of waitUntil.
func (in *instance) extended(args arguments) (engine.Value, error) {
	in.extend(args.at(0).Int())
	return nothing, nil
}

func (in *instance) socket(args arguments) *linger.Socket {
	return in.app.server.Socket(args.at(0).String())
}

// send(connection, message). What a connection that is closing, or too slow, does
// not take is dropped, as browsers do.
func (in *instance) send(args arguments) (engine.Value, error) {
	if s := in.socket(args); s != nil {
		message := args.at(1)
		payload := linger.Payload{Data: message.Content(), Binary: message.Kind() == engine.KindBytes}
		if in.activating {
			return nothing, in.act(len(payload.Data), func() { socketWire{s}.send(payload) })
		}
		if err := s.Send(payload); errors.Is(err, linger.ErrEarlyFull) { // any other failure shows in the end of the connection
			return nothing, &engine.Throw{Name: "QuotaExceededError", Message: fmt.Sprintf("send: %d bytes wait to be sent, and nothing leaves "+
				"before the request is answered: send the rest later, when websocketdrain says that they have left, or raise --send-queue", s.Buffered())}
		}
	}
	return nothing, nil
}

// close(connection, code, reason, discard); the module has checked them.
func (in *instance) closeSocket(args arguments) (engine.Value, error) {
	s := in.socket(args)
	if s == nil {
		return nothing, nil
	}
	code, reason := protocol.CloseCode(args.at(1).Int()), args.at(2).String()
	if err := protocol.CheckClose(code, reason); err != nil {
		return nothing, err
	}
	discard := args.at(3).Bool()
	return nothing, in.act(len(reason), func() {
		if discard {
			_ = s.CloseDiscard(code, reason) // was checked
		} else {
			_ = s.Close(code, reason)
		}
	})
}

// state(connection) gives the readyState of WebSocket: 1 open, 2 closing, 3 closed.
func (in *instance) state(args arguments) (engine.Value, error) {
	state := protocol.StateClosed
	if s := in.socket(args); s != nil {
		state = s.State()
	}
	return engine.Int(int(state) + 1), nil
}

func (in *instance) buffered(args arguments) (engine.Value, error) {
	if s := in.socket(args); s != nil {
		return engine.Int(s.Buffered()), nil
	}
	return engine.Int(0), nil
}

// facts(connection) gives URL, subprotocol and the client's address.
func (in *instance) facts(args arguments) (engine.Value, error) {
	s := in.socket(args)
	if s == nil {
		return nothing, nil
	}
	url, err := serialized(s.URL())
	if err != nil { // Go code has accepted it
		url = s.URL().String()
	}
	return engine.List(engine.String(url), engine.String(s.Subprotocol()), addressText(s.RemoteIP())), nil
}

// headers(connection) gives the header of the upgrade request as a flat list.
func (in *instance) headers(args arguments) (engine.Value, error) {
	s := in.socket(args)
	if s == nil {
		return nothing, nil
	}
	return headerList(s.URL().Host, asHandshake(s.Header()), s.RemoteIP()), nil
}

// data(connection) gives the data of a connection as the module wrote it: a letter
// that says how, and the text. What Go code has set is JSON, which the letter J tells.
func (in *instance) data(args arguments) (engine.Value, error) {
	s := in.socket(args)
	if s == nil {
		return nothing, nil
	}
	text, _ := linger.Data[string](s) // cannot fail: everything that is saved is bytes
	switch {
	case text == "":
		return nothing, nil
	case text[0] != 'J' && text[0] != 'S':
		text = "J" + text
	}
	return engine.String(text), nil
}

func (in *instance) setData(args arguments) (engine.Value, error) {
	if s := in.socket(args); s != nil {
		return nothing, s.SetData(args.at(1).String())
	}
	return nothing, nil
}

func (in *instance) subscribe(args arguments) (engine.Value, error) {
	s := in.socket(args)
	if s == nil {
		return nothing, nil
	}
	err := s.Subscribe(args.at(1).String())
	if err == nil || errors.Is(err, linger.ErrClosed) {
		return nothing, nil
	}
	return nothing, &engine.Throw{Name: "RangeError", Message: err.Error()}
}

func (in *instance) unsubscribe(args arguments) (engine.Value, error) {
	if s := in.socket(args); s != nil {
		s.Unsubscribe(args.at(1).String())
	}
	return nothing, nil
}
