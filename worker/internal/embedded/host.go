package embedded

import (
	"context"
	"log/slog"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// function is a host function: a Go function that the modules may call. They call it during a turn, on the goroutine of the
// turn, so it may use the engine.
type function func(args arguments) (engine.Value, error)

// define defines the host functions in the engine.
func (r *runtime) define() error {
	functions := hostFunctions(
		r.eventFunctions(), r.connectionFunctions(), r.serverFunctions(), r.bodyFunctions(), r.socketFunctions(), r.objectSocketFunctions(), r.reportFunctions(),
	)
	for name, fn := range functions {
		if err := r.engine.Define(name, fn); err != nil {
			return err
		}
	}
	return nil
}

// bundleFunctions returns the host functions that only a bundle on demand calls.
func (r *runtime) bundleFunctions(name string) map[string]engine.HostFunc {
	if name != "bindings" {
		return nil
	}
	return hostFunctions(r.objectFunctions(), r.callFunctions(), r.hibernatableFunctions(), r.storageFunctions(), r.alarmFunctions(), r.kvFunctions(), r.d1Functions())
}

// hostFunctions returns the functions of tables for the engine.
func hostFunctions(tables ...map[string]function) map[string]engine.HostFunc {
	all := map[string]engine.HostFunc{}
	for _, table := range tables {
		for name, fn := range table {
			all[name] = func(args []engine.Value) (engine.Value, error) {
				v, err := fn(args)
				if err != nil {
					err = toEngine(err)
				}
				return v, err
			}
		}
	}
	return all
}

// command returns a host function without a result.
func command(fn func(args arguments)) function {
	return func(args arguments) (engine.Value, error) {
		fn(args)
		return nothing, nil
	}
}

// attempt returns a host function without a result that may fail.
func attempt(fn func(args arguments) error) function {
	return func(args arguments) (engine.Value, error) { return nothing, fn(args) }
}

// query returns a host function with a result.
func query(fn func(args arguments) engine.Value) function {
	return func(args arguments) (engine.Value, error) { return fn(args), nil }
}

// eventFunctions returns the host functions about an event in progress. Its number is their first argument, except for extend.
func (r *runtime) eventFunctions() map[string]function {
	return map[string]function{
		// accept(event, protocol, headers, data, halfOpen, closes) returns the id of the connection.
		"accept": r.accept,
		// acceptSocket(event, protocol, headers) returns the number of the WebSocket object.
		"acceptSocket": func(a arguments) (engine.Value, error) {
			socket, err := r.host.AcceptSocket(a.int(0), a.text(1), a.header(2))
			if socket == 0 {
				return nothing, err
			}
			return engine.Int(socket), err
		},
		// respond(event, status, headers, kind, body, decode, notify) returns whether the event had not ended. The body is that of arguments.body.
		"respond": query(func(a arguments) engine.Value {
			return engine.Bool(r.host.Respond(a.int(0), a.int(1), a.header(2), a.body(3)))
		}),
		// refusePlain(event, socket)
		"refusePlain": command(func(a arguments) { r.host.RefusePlain(a.int(0), a.bool(1)) }),
		// done(event)
		"done": command(func(a arguments) { r.host.Done(a.int(0)) }),
		// watch(event) requests a call of disconnected(event), and returns whether the client has already disconnected.
		"watch": query(func(a arguments) engine.Value { return engine.Bool(r.host.Watch(a.int(0))) }),
		// extend(n) adds n to the number of unsettled promises of waitUntil.
		"extend": command(func(a arguments) { r.host.Extend(a.int(0)) }),
	}
}

// accept implements the host function accept.
func (r *runtime) accept(a arguments) (engine.Value, error) {
	opts := linger.AcceptOptions{Subprotocol: a.text(1), Header: a.header(2), HalfOpen: a.bool(4)}
	if data := a.at(3); data.Kind() == engine.KindString {
		opts.Data = data.String()
	}
	id, err := r.host.Accept(a.int(0), opts, a.bool(5))
	if id == "" {
		return nothing, err
	}
	return engine.String(id), err
}

// connectionFunctions returns the host functions about a connection. Its id is their first argument.
func (r *runtime) connectionFunctions() map[string]function {
	return map[string]function{
		// send(connection, message)
		"send": attempt(func(a arguments) error { return r.host.Send(a.text(0), a.payload(1)) }),
		// close(connection, code, reason, discard)
		"close": attempt(func(a arguments) error {
			return r.host.Close(a.text(0), protocol.CloseCode(a.int(1)), a.text(2), a.bool(3))
		}),
		// state(connection) returns the readyState of WebSocket: 1 for open, 2 for closing, 3 for closed.
		"state": query(func(a arguments) engine.Value { return engine.Int(int(r.host.State(a.text(0))) + 1) }),
		// buffered(connection) returns the number of bytes in the send queue.
		"buffered": query(func(a arguments) engine.Value { return engine.Int(r.host.Buffered(a.text(0))) }),
		// facts(connection) returns the URL, the subprotocol and the client's address.
		"facts": query(func(a arguments) engine.Value {
			facts, ok := r.host.Facts(a.text(0))
			if !ok {
				return nothing
			}
			return engine.List(engine.String(facts.URL), engine.String(facts.Subprotocol), addressText(facts.RemoteIP))
		}),
		// headers(connection) returns the header of the upgrade request as a flat list.
		"headers": query(func(a arguments) engine.Value {
			header, ok := r.host.Header(a.text(0))
			if !ok {
				return nothing
			}
			return headerList(&header)
		}),
		// data(connection) returns the text of setData, or undefined.
		"data": query(func(a arguments) engine.Value {
			if data := r.host.Data(a.text(0)); data != "" {
				return engine.String(data)
			}
			return nothing
		}),
		// setData(connection, data)
		"setData": attempt(func(a arguments) error { return r.host.SetData(a.text(0), a.text(1)) }),
		// subscribe(connection, channel)
		"subscribe": attempt(func(a arguments) error { return r.host.Subscribe(a.text(0), a.text(1)) }),
		// unsubscribe(connection, channel)
		"unsubscribe": command(func(a arguments) { r.host.Unsubscribe(a.text(0), a.text(1)) }),
	}
}

// serverFunctions returns the host functions about all connections, channels and fetches.
func (r *runtime) serverFunctions() map[string]function {
	return map[string]function{
		// list(channel) returns the ids of the channel's subscribers; for "", those of all connections.
		"list": query(func(a arguments) engine.Value {
			var ids []engine.Value
			for _, id := range r.host.Connections(a.text(0)) {
				ids = append(ids, engine.String(id))
			}
			return engine.List(ids...)
		}),
		// count(channel) returns the number of ids that list returns.
		"count": query(func(a arguments) engine.Value { return engine.Int(r.host.Count(a.text(0))) }),
		// publishTo(channel, message, except) returns the number of connections that the message was sent to.
		"publishTo": func(a arguments) (engine.Value, error) {
			n, err := r.host.Publish(a.text(0), a.payload(1), a.texts(2))
			return engine.Int(n), err
		},
		// autoRespond(request, response)
		"autoRespond": attempt(func(a arguments) error { return r.host.SetAutoResponse(a.text(0), a.text(1)) }),
		// fetch(number, object, method, url, redirect, headers, kind, body, decode, notify). The body is that of arguments.body.
		"fetch": attempt(func(a arguments) error {
			body := a.body(6)
			request, err := fetch.NewRequest(a.text(2), a.text(3), a.text(4), a.header(5), body.Content)
			if err != nil {
				return &script.Throw{Name: "TypeError", Message: err.Error()}
			}
			return r.host.Fetch(a.int(0), a.int(1), request, body)
		}),
		// fetchAsset(number, method, url, redirect, headers)
		"fetchAsset": attempt(func(a arguments) error {
			header := a.header(4)
			header.Del("Upgrade") // files are not WebSockets
			request, err := fetch.NewRequest(a.text(1), a.text(2), a.text(3), header, nil)
			if err != nil {
				return &script.Throw{Name: "TypeError", Message: err.Error()}
			}
			return r.host.FetchAsset(a.int(0), request)
		}),
		// cancelFetch(number)
		"cancelFetch": command(func(a arguments) { r.host.CancelFetch(a.int(0)) }),
	}
}

// bodyFunctions returns the host functions about bodies that are received or written. The number of the body is their first
// argument.
func (r *runtime) bodyFunctions() map[string]function {
	return map[string]function{
		// readBody(body, whole) returns the next chunk or the whole body as bytes, null at the end of a body that is read in
		// chunks, or undefined if bodyChunk or bodyFailed is called later.
		"readBody": func(a arguments) (engine.Value, error) {
			chunk := r.host.ReadBody(a.int(0), a.bool(1))
			switch {
			case chunk == nil:
				return nothing, nil
			case chunk.Failure != nil:
				return nothing, chunk.Failure
			}
			return chunkValue(chunk), nil
		},
		// cancelBody(body)
		"cancelBody": command(func(a arguments) { r.host.CancelBody(a.int(0)) }),
		// writeBody(body, chunk) returns whether the next chunk may follow. If not, bodyRoom is called later.
		"writeBody": query(func(a arguments) engine.Value { return engine.Bool(r.host.WriteBody(a.int(0), a.at(1).Content())) }),
		// endBody(body)
		"endBody": command(func(a arguments) { r.host.EndBody(a.int(0)) }),
		// abortBody(body)
		"abortBody": command(func(a arguments) { r.host.AbortBody(a.int(0)) }),
	}
}

// socketFunctions returns the host functions about a WebSocket object. Its number is their first argument, except for connect.
func (r *runtime) socketFunctions() map[string]function {
	return map[string]function{
		// connect(url, protocols, object) returns the number of a WebSocket object that is being opened.
		"connect": query(func(a arguments) engine.Value { return engine.Int(r.host.Connect(a.text(0), a.texts(1), a.int(2))) }),
		// socketSend(socket, message)
		"socketSend": command(func(a arguments) { r.host.SocketSend(a.int(0), a.payload(1)) }),
		// socketClose(socket, code, reason); without a code it sends a Close without one.
		"socketClose": command(func(a arguments) {
			if a.at(1).Kind() == engine.KindUndefined {
				r.host.SocketCloseEmpty(a.int(0))
			} else {
				r.host.SocketClose(a.int(0), protocol.CloseCode(a.int(1)), a.text(2))
			}
		}),
		// socketAnswerClose(socket)
		"socketAnswerClose": command(func(a arguments) { r.host.SocketAnswerClose(a.int(0)) }),
		// socketBuffered(socket) returns the number of bytes in the send queue.
		"socketBuffered": query(func(a arguments) engine.Value { return engine.Int(r.host.SocketBuffered(a.int(0))) }),
		// socketAbort(socket)
		"socketAbort": command(func(a arguments) { r.host.SocketAbort(a.int(0)) }),
	}
}

// reportFunctions returns the host functions that report what may be wrong with the application.
func (r *runtime) reportFunctions() map[string]function {
	return map[string]function{
		// report(event, raise, places) reports what raise throws, so that the exception has its stack.
		"report": attempt(func(a arguments) error {
			raise := a.at(1).Function()
			if raise == nil {
				return nil
			}
			_, err := r.engine.Call(raise)
			if script.IsFatal(fromEngine(err)) {
				return err // reported when it has ended the turn
			}
			r.host.Threw(a.int(0), fromEngine(err), a.frames(2))
			return nil
		}),
		// unanswered(event, places) reports that no listener has answered a request.
		"unanswered": command(func(a arguments) { r.host.Unanswered(a.int(0), a.frames(1)) }),
		// listened(type, stack) reports a call of addEventListener.
		"listened": command(func(a arguments) { r.host.Listened(a.text(0), scriptFrames(engine.Frames(a.text(1)))) }),
		// ignored(kind, name, line, column) reports an export that nothing uses.
		"ignored": command(func(a arguments) {
			r.host.Ignored(a.text(0), a.text(1), script.Frame{File: r.app.Name, Line: a.int(2), Column: a.int(3)})
		}),
		// warnOfBlob() reports a binary message that was delivered as a Blob by default.
		"warnOfBlob": command(func(arguments) { r.host.BlobByDefault() }),
	}
}

// platform connects the globals of the web platform to the host.
func (r *runtime) platform() web.Options {
	return web.Options{
		Console:    func(level web.Level, text string) { r.host.Console(slogLevels[level], text) },
		SetTimer:   r.host.SetTimer,
		ClearTimer: r.host.ClearTimer,
		Publish: func(channel string, m web.Message) {
			r.host.Post(&script.Post{Channel: channel, Kind: postKinds[m.Kind], Text: m.Text, Bytes: m.Bytes})
		},
		Listen: r.host.Listen,
		Compute: func(size int64, work func(context.Context), turn func() error) error {
			return r.host.Compute(size, work, func() error { return r.turn(time.Now(), turn) })
		},
		BundleFunctions: r.bundleFunctions,

		MaxBody: r.app.MaxBody,
	}
}

// slogLevels maps the levels of the console's methods to those of the log.
var slogLevels = map[web.Level]slog.Level{
	web.Debug: slog.LevelDebug,
	web.Log:   slog.LevelInfo,
	web.Info:  slog.LevelInfo,
	web.Warn:  slog.LevelWarn,
	web.Error: slog.LevelError,
}

// postKinds maps the kinds of messages of package web to those of posts.
var postKinds = map[web.Kind]script.PostKind{
	web.TextMessage:  script.TextPost,
	web.BytesMessage: script.BytesPost,
	web.CloneMessage: script.ClonePost,
}
