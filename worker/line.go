package worker

import (
	"sync/atomic"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/engine"
)

// wire is what a WebSocket object of a script sends through: a connection, held outside
// of the engine, in half-open mode. None of it waits, and all of it may be called from any
// goroutine, at any time, and after the end. js/websocket_line.js is the other half.
//
// Who has the connection joins it to an engine with [instance.join], and tells the line
// what happens, one thing at a time: open (for connections that the script has asked for,
// and that were not open yet), message, peerClose, and at last, once and in any case, end. Each of these
// returns at once, and calls done when the script is done with it, or never will be: perhaps on the
// event loop, so that done must not wait. Until then the line is told nothing else.
type wire interface {
	send(p linger.Payload)                        // dropped if it comes too late
	close(code protocol.CloseCode, reason string) // starts the closing handshake, or finishes it
	closeEmpty()                                  // the same without a status
	answerClose()                                 // finishes it with the code and reason of the peer's Close
	closeNow()                                    // without a closing handshake
	buffered() int                                // bytes that wait to be written
}

// line is a WebSocket object of an engine, and the wire it sends through. It holds
// closures of the script, so it ends with the engine.
type line struct {
	in      *instance
	number  int
	wire    wire
	socket  *linger.Socket // that it is, if it came in
	overlap overlap
	cut     atomic.Bool // the script is told of the end only
	tie     bool        // there is no WebSocket object: see [instance.tie]
}

// join ties a wire to the engine, which belongs to the caller, and returns the line that
// is to be told what happens. The script has to be told its number in the same turn.
func (in *instance) join(w wire, socket *linger.Socket) *line {
	return in.add(&line{in: in, wire: w, socket: socket})
}

// tie has a connection of the functional events end as lines do: with the engine, whose
// variables it depends on. Its events are those of a connection; the line has no others.
func (in *instance) tie(socket *linger.Socket) *line {
	return in.add(&line{in: in, wire: socketWire{socket}, socket: socket, tie: true})
}

// add makes a line one of the engine's, and closes it if the engine is ending.
func (in *instance) add(l *line) *line {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.lastLine++
	l.number = in.lastLine
	if in.abandoned {
		go l.wire.close(protocol.CloseInternalError, appFailed)
		return l
	}
	in.lines[l.number] = l
	if closed(in.retired) { // it was on its way when another generation took over
		go l.wire.close(protocol.CloseServiceRestart, appRestart)
	}
	return l
}

// open tells that the connection is open.
func (l *line) open(subprotocol, extensions string, done func()) {
	l.submit("open", "lineOpen", done, engine.String(subprotocol), engine.String(extensions))
}

// message tells of a message.
func (l *line) message(p linger.Payload, done func()) {
	l.submit("message", "lineMessage", done, content(p))
}

// peerClose tells of the peer's Close, while our half is open.
func (l *line) peerClose(s protocol.Status, done func()) {
	l.submit("close", "lineClose", done, engine.Int(int(s.Code)), engine.String(s.Reason))
}

// end tells how the connection has ended: what the peer's Close said, and what went wrong
// if anything did.
func (l *line) end(received protocol.Status, clean bool, failure string, done func()) {
	e := newEvent("close", l.socket)
	e.then = done
	e.start = func(in *instance, id int) error {
		l.drop()
		return in.dispatch("lineEnd", engine.Int(id), engine.Int(l.number),
			engine.Int(int(received.Code)), engine.String(received.Reason), engine.Bool(clean), engine.String(failure))
	}
	l.overlap.empty(func() { l.in.own.put(e) })
}

// drop takes a line that has ended from its engine.
func (l *line) drop() {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	delete(l.in.lines, l.number)
}

// submit has something handled by the script, and calls done when it is, or never will be. With
// overlap that is when the listeners have returned.
func (l *line) submit(kind, function string, done func(), args ...engine.Value) {
	if l.cut.Load() {
		done()
		return
	}
	e := newEvent(kind, l.socket)
	e.then = done
	e.start = func(in *instance, id int) error {
		return in.dispatch(function, append([]engine.Value{engine.Int(id), engine.Int(l.number)}, args...)...)
	}
	if !l.in.app.opts.Overlap {
		l.in.own.put(e)
		return
	}
	e.overlaps = true
	l.overlap.enter(func() {
		e.left = l.overlap.leave
		l.in.own.put(e)
	})
}

// onLine calls what a module wants of a line; after its end there is nothing to do.
func (in *instance) onLine(args arguments, do func(w wire)) (engine.Value, error) {
	in.mu.Lock()
	l := in.lines[args.at(0).Int()]
	in.mu.Unlock()
	if l != nil {
		do(l.wire)
	}
	return nothing, nil
}

// lineSend(line, message)
func (in *instance) lineSend(args arguments) (engine.Value, error) {
	message := args.at(1)
	return in.onLine(args, func(w wire) {
		w.send(linger.Payload{Data: message.Content(), Binary: message.Kind() == engine.KindBytes})
	})
}

// lineClose(line, code, reason); the module has checked them.
func (in *instance) lineClose(args arguments) (engine.Value, error) {
	return in.onLine(args, func(w wire) {
		if code := args.at(1); code.Kind() == engine.KindUndefined {
			w.closeEmpty()
		} else {
			w.close(protocol.CloseCode(code.Int()), args.at(2).String())
		}
	})
}

// lineAnswer(line)
func (in *instance) lineAnswer(args arguments) (engine.Value, error) {
	return in.onLine(args, wire.answerClose)
}

// lineBuffered(line)
func (in *instance) lineBuffered(args arguments) (engine.Value, error) {
	n := 0
	_, _ = in.onLine(args, func(w wire) { n = w.buffered() }) // cannot fail
	return engine.Int(n), nil
}
