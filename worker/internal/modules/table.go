// Package modules connects Linger's JavaScript modules to a worker. It has the Go functions that the modules call, over a
// [script.Host], and translates each [script.Event] to a call of a function that the modules expose. Arguments and results are
// plain data, so the modules may run in an engine of this process or in another process.
package modules

import (
	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// Function is a Go function that the modules call, within a turn. An error that is a *[script.Throw] is thrown there.
type Function func(args []engine.Value) (engine.Value, error)

// function is a Function with accessors for its arguments.
type function func(args arguments) (engine.Value, error)

// Table has the functions for the modules of one [script.Runtime]. Only the goroutine that uses the Runtime may use it.
type Table struct {
	host        script.Host
	name        string      // the file name of the application in stacks
	interrupted func() bool // reports whether the turn was interrupted
	cursors     cursors
	args        []engine.Value // the arguments of the last Call
}

// NewTable returns the functions for the modules of a Runtime. name is the file name of the application in stacks. interrupted
// reports whether the turn was interrupted, which ends SQL statements; any goroutine may call it.
func NewTable(host script.Host, name string, interrupted func() bool) *Table {
	return &Table{host: host, name: name, interrupted: interrupted}
}

// Functions returns the functions that the modules call, by their names.
func (t *Table) Functions() map[string]Function {
	return merge(t.eventFunctions(), t.connectionFunctions(), t.serverFunctions(), t.clusterFunctions(), t.bodyFunctions(), t.socketFunctions(), t.objectSocketFunctions(), t.reportFunctions())
}

// BindingFunctions returns the functions that only the modules of bindings call, which are loaded on demand.
func (t *Table) BindingFunctions() map[string]Function {
	return merge(t.objectFunctions(), t.callFunctions(), t.hibernatableFunctions(), t.storageFunctions(), t.alarmFunctions(), t.kvFunctions(), t.d1Functions())
}

// PlatformFunctions returns the functions of those globals of the web platform that reach beyond a Runtime. A Runtime that has these
// globals in this process does not need them.
func (t *Table) PlatformFunctions() map[string]Function {
	return merge(map[string]function{
		// publish(channel, kind, content) posts a message to a BroadcastChannel. kind is "text", "bytes" or "clone".
		"publish": command(func(a arguments) { t.host.Post(postOf(a.text(0), a.text(1), a.at(2))) }),
		// listen(channel, on) starts or ends the delivery of messages to a BroadcastChannel.
		"listen": command(func(a arguments) { t.host.Listen(a.text(0), a.bool(1)) }),
	})
}

// merge returns the functions of all tables.
func merge(tables ...map[string]function) map[string]Function {
	all := map[string]Function{}
	for _, table := range tables {
		for name, fn := range table {
			all[name] = func(args []engine.Value) (engine.Value, error) { return fn(args) }
		}
	}
	return all
}

// command returns a function without a result.
func command(fn func(args arguments)) function {
	return func(args arguments) (engine.Value, error) {
		fn(args)
		return nothing, nil
	}
}

// attempt returns a function without a result that may fail.
func attempt(fn func(args arguments) error) function {
	return func(args arguments) (engine.Value, error) { return nothing, fn(args) }
}

// query returns a function with a result.
func query(fn func(args arguments) engine.Value) function {
	return func(args arguments) (engine.Value, error) { return fn(args), nil }
}

// eventFunctions returns the functions about an event in progress. Its number is their first argument, except for extend.
func (t *Table) eventFunctions() map[string]function {
	return map[string]function{
		// accept(event, protocol, headers, data, halfOpen, closes) returns the id of the connection.
		"accept": t.accept,
		// acceptSocket(event, protocol, headers) returns the number of the WebSocket object.
		"acceptSocket": func(a arguments) (engine.Value, error) {
			socket, err := t.host.AcceptSocket(a.int(0), a.text(1), a.header(2))
			if socket == 0 {
				return nothing, err
			}
			return engine.Int(socket), err
		},
		// respond(event, status, headers, kind, body, decode, notify) returns whether the event had not ended. The body is that of arguments.body.
		"respond": query(func(a arguments) engine.Value {
			return engine.Bool(t.host.Respond(a.int(0), a.int(1), a.header(2), a.body(3)))
		}),
		// refusePlain(event, socket)
		"refusePlain": command(func(a arguments) { t.host.RefusePlain(a.int(0), a.bool(1)) }),
		// done(event)
		"done": command(func(a arguments) { t.host.Done(a.int(0)) }),
		// watch(event) requests a call of disconnected(event), and returns whether the client has already disconnected.
		"watch": query(func(a arguments) engine.Value { return engine.Bool(t.host.Watch(a.int(0))) }),
		// trace(event) returns the trace context of an event, as the values of traceparent and tracestate, or undefined.
		"trace": query(func(a arguments) engine.Value {
			parent, state := t.host.TraceContext(a.int(0))
			if parent == "" {
				return nothing
			}
			return engine.List(engine.String(parent), engine.String(state))
		}),
		// extend(n) adds n to the number of unsettled promises of waitUntil.
		"extend": command(func(a arguments) { t.host.Extend(a.int(0)) }),
	}
}

// accept implements the function accept.
func (t *Table) accept(a arguments) (engine.Value, error) {
	opts := linger.AcceptOptions{Subprotocol: a.text(1), Header: a.header(2), HalfOpen: a.bool(4)}
	if data := a.at(3); data.Kind() == engine.KindString {
		opts.Data = data.String()
	}
	id, err := t.host.Accept(a.int(0), opts, a.bool(5))
	if id == "" {
		return nothing, err
	}
	return engine.String(id), err
}

// ReadyState returns a state as the readyState of WebSocket: 1 for open, 2 for closing, 3 for closed.
func ReadyState(s protocol.State) engine.Value { return engine.Int(int(s) + 1) }

// connectionFunctions returns the functions about a connection. Its id is their first argument.
func (t *Table) connectionFunctions() map[string]function {
	return map[string]function{
		// send(connection, message)
		"send": attempt(func(a arguments) error { return t.host.Send(a.text(0), a.payload()) }),
		// close(connection, code, reason, discard)
		"close": attempt(func(a arguments) error {
			return t.host.Close(a.text(0), protocol.CloseCode(a.int(1)), a.text(2), a.bool(3))
		}),
		// state(connection) returns the readyState of WebSocket: 1 for open, 2 for closing, 3 for closed.
		"state": query(func(a arguments) engine.Value { return ReadyState(t.host.State(a.text(0))) }),
		// buffered(connection) returns the number of bytes in the send queue.
		"buffered": query(func(a arguments) engine.Value { return engine.Int(t.host.Buffered(a.text(0))) }),
		// facts(connection) returns the URL, the subprotocol and the client's address.
		"facts": query(func(a arguments) engine.Value {
			facts, ok := t.host.Facts(a.text(0))
			if !ok {
				return nothing
			}
			return engine.List(engine.String(facts.URL), engine.String(facts.Subprotocol), addressText(facts.RemoteIP))
		}),
		// headers(connection) returns the header of the upgrade request as a flat list.
		"headers": query(func(a arguments) engine.Value {
			header, ok := t.host.Header(a.text(0))
			if !ok {
				return nothing
			}
			return headerList(&header)
		}),
		// data(connection) returns the text of setData, or undefined.
		"data": query(func(a arguments) engine.Value {
			if data := t.host.Data(a.text(0)); data != "" {
				return engine.String(data)
			}
			return nothing
		}),
		// setData(connection, data)
		"setData": attempt(func(a arguments) error { return t.host.SetData(a.text(0), a.text(1)) }),
		// subscribe(connection, channel)
		"subscribe": attempt(func(a arguments) error { return t.host.Subscribe(a.text(0), a.text(1)) }),
		// unsubscribe(connection, channel)
		"unsubscribe": command(func(a arguments) { t.host.Unsubscribe(a.text(0), a.text(1)) }),
	}
}

// serverFunctions returns the functions about all connections, channels and fetches.
func (t *Table) serverFunctions() map[string]function {
	return map[string]function{
		// list(channel) returns the ids of the channel's subscribers; for "", those of all connections.
		"list": query(func(a arguments) engine.Value {
			var ids []engine.Value
			for _, id := range t.host.Connections(a.text(0)) {
				ids = append(ids, engine.String(id))
			}
			return engine.List(ids...)
		}),
		// count(channel) returns the number of ids that list returns.
		"count": query(func(a arguments) engine.Value { return engine.Int(t.host.Count(a.text(0))) }),
		// publishTo(channel, message, except) returns the number of connections that the message was sent to.
		"publishTo": func(a arguments) (engine.Value, error) {
			n, err := t.host.Publish(a.text(0), a.payload(), a.texts(2))
			return engine.Int(n), err
		},
		// autoRespond(request, response)
		"autoRespond": attempt(func(a arguments) error { return t.host.SetAutoResponse(a.text(0), a.text(1)) }),
		// fetch(number, object, method, url, redirect, headers, kind, body, decode, notify). The body is that of arguments.body.
		"fetch": attempt(func(a arguments) error {
			body := a.body(6)
			request, err := fetch.NewRequest(a.text(2), a.text(3), a.text(4), a.header(5), body.Content)
			if err != nil {
				return &script.Throw{Name: "TypeError", Message: err.Error()}
			}
			return t.host.Fetch(a.int(0), a.int(1), request, body)
		}),
		// fetchAsset(number, method, url, redirect, headers)
		"fetchAsset": attempt(func(a arguments) error {
			header := a.header(4)
			header.Del("Upgrade") // files are not WebSockets
			request, err := fetch.NewRequest(a.text(1), a.text(2), a.text(3), header, nil)
			if err != nil {
				return &script.Throw{Name: "TypeError", Message: err.Error()}
			}
			return t.host.FetchAsset(a.int(0), request)
		}),
		// cancelFetch(number)
		"cancelFetch": command(func(a arguments) { t.host.CancelFetch(a.int(0)) }),
	}
}

// bodyFunctions returns the functions about bodies that are received or written. The number of the body is their first
// argument.
func (t *Table) bodyFunctions() map[string]function {
	return map[string]function{
		// readBody(body, whole) returns the next chunk or the whole body as bytes, null at the end of a body that is read in
		// chunks, or undefined if bodyChunk or bodyFailed is called later.
		"readBody": func(a arguments) (engine.Value, error) {
			chunk := t.host.ReadBody(a.int(0), a.bool(1))
			switch {
			case chunk == nil:
				return nothing, nil
			case chunk.Failure != nil:
				return nothing, chunk.Failure
			}
			return chunkValue(chunk), nil
		},
		// cancelBody(body)
		"cancelBody": command(func(a arguments) { t.host.CancelBody(a.int(0)) }),
		// writeBody(body, chunk) returns whether the next chunk may follow. If not, bodyRoom is called later.
		"writeBody": query(func(a arguments) engine.Value { return engine.Bool(t.host.WriteBody(a.int(0), a.at(1).Content())) }),
		// endBody(body)
		"endBody": command(func(a arguments) { t.host.EndBody(a.int(0)) }),
		// abortBody(body)
		"abortBody": command(func(a arguments) { t.host.AbortBody(a.int(0)) }),
	}
}

// socketFunctions returns the functions about a WebSocket object. Its number is their first argument, except for connect.
func (t *Table) socketFunctions() map[string]function {
	return map[string]function{
		// connect(url, protocols, object) returns the number of a WebSocket object that is being opened.
		"connect": query(func(a arguments) engine.Value { return engine.Int(t.host.Connect(a.text(0), a.texts(1), a.int(2))) }),
		// socketSend(socket, message)
		"socketSend": command(func(a arguments) { t.host.SocketSend(a.int(0), a.payload()) }),
		// socketClose(socket, code, reason); without a code it sends a Close without one.
		"socketClose": command(func(a arguments) {
			if a.at(1).Kind() == engine.KindUndefined {
				t.host.SocketCloseEmpty(a.int(0))
			} else {
				t.host.SocketClose(a.int(0), protocol.CloseCode(a.int(1)), a.text(2))
			}
		}),
		// socketAnswerClose(socket)
		"socketAnswerClose": command(func(a arguments) { t.host.SocketAnswerClose(a.int(0)) }),
		// socketBuffered(socket) returns the number of bytes in the send queue.
		"socketBuffered": query(func(a arguments) engine.Value { return engine.Int(t.host.SocketBuffered(a.int(0))) }),
		// socketAbort(socket)
		"socketAbort": command(func(a arguments) { t.host.SocketAbort(a.int(0)) }),
	}
}

// reportFunctions returns the functions that report what may be wrong with the application.
func (t *Table) reportFunctions() map[string]function {
	return map[string]function{
		// unanswered(event, places) reports that no listener has answered a request.
		"unanswered": command(func(a arguments) { t.host.Unanswered(a.int(0), a.frames(1)) }),
		// ignored(kind, name, line, column) reports an export that nothing uses.
		"ignored": command(func(a arguments) {
			t.host.Ignored(a.text(0), a.text(1), script.Frame{File: t.name, Line: a.int(2), Column: a.int(3)})
		}),
		// warnOfBlob() reports a binary message that was delivered as a Blob by default.
		"warnOfBlob": command(func(arguments) { t.host.BlobByDefault() }),
	}
}
