package worker

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/pace"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// socketTransport is the connection of a WebSocket object: an accepted one, or one to another server. It is in half-open
// mode. Its methods do not block, and may be called from any goroutine at any time, even after the connection has ended.
// js/websocket_transport.js is the counterpart in the script.
//
// The owner of a connection registers it with [jsSockets.addObject] and reports its events with the methods of the jsSocket,
// one at a time: open (only for connections that the script has requested), message, peerClose, and finally end, exactly
// once. These methods return at once, and call done when the script has handled the event or the instance has ended. done
// may be called on the event loop, so it must not block.
type socketTransport interface {
	send(p linger.Payload)                        // queues a message; drops it if the connection is closing
	close(code protocol.CloseCode, reason string) // starts the closing handshake, or answers the peer's Close
	closeEmpty()                                  // is close with a Close frame that has no code
	answerClose()                                 // answers the peer's Close with its code and reason
	closeNow()                                    // closes without a closing handshake
	buffered() int                                // returns the number of bytes in the send queue
}

// jsSocket is a WebSocket object of an instance with its transport. The object holds closures of the script, so it ends with
// the instance.
type jsSocket struct {
	sockets   *jsSockets
	number    int
	transport socketTransport
	socket    *linger.Socket // the accepted connection; nil for one to another server
	overlap   overlap
	aborted   atomic.Bool // the script gets only the end event from now on
	tied      bool        // the connection has no WebSocket object: see [jsSockets.addTied]
}

// jsSockets has the WebSocket objects of an instance and the queue of their events, which no other instance can handle.
type jsSockets struct {
	events   queue
	overlaps bool          // the value of Options.Overlap
	ended    chan struct{} // closed by closeAll: new sockets are closed

	mu         sync.Mutex
	byNumber   map[int]*jsSocket
	last       int         // the highest number of a socket
	restarting bool        // the instance was retired: new sockets are closed
	accepted   []*jsSocket // tied connections that were accepted since then, and are closed after their upgrade events
}

func newJSSockets(overlaps bool) jsSockets {
	return jsSockets{events: newQueue(nil), overlaps: overlaps, ended: make(chan struct{}), byNumber: map[int]*jsSocket{}}
}

// addObject adds a WebSocket object for a transport. The event loop must pass its number to the script before the next turn.
// socket is the accepted connection, nil for one to another server.
func (all *jsSockets) addObject(t socketTransport, socket *linger.Socket) *jsSocket {
	return all.register(&jsSocket{sockets: all, transport: t, socket: socket})
}

// addTied adds a connection of the functional events that ends with the instance, because its listeners depend on variables. It
// has no WebSocket object, and its events are those of other connections.
func (all *jsSockets) addTied(socket *linger.Socket) *jsSocket {
	return all.register(&jsSocket{sockets: all, transport: incomingSocket{socket}, socket: socket, tied: true})
}

// register assigns a number to a socket. It closes the socket if the instance was retired or has ended.
func (all *jsSockets) register(s *jsSocket) *jsSocket {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.last++
	s.number = all.last
	if closed(all.ended) {
		go s.transport.close(protocol.CloseInternalError, appFailed)
		return s
	}
	all.byNumber[s.number] = s
	switch {
	case all.restarting && s.tied:
		all.accepted = append(all.accepted, s)
	case all.restarting:
		go s.transport.close(protocol.CloseServiceRestart, appRestart)
	}
	return s
}

// transport returns the transport of a socket. If the socket has ended, it returns a transport without effect.
func (all *jsSockets) transport(number int) socketTransport {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s := all.byNumber[number]; s != nil {
		return s.transport
	}
	return noTransport{}
}

// snapshot returns the sockets that have not ended, ordered by their numbers.
func (all *jsSockets) snapshot() []*jsSocket {
	all.mu.Lock()
	defer all.mu.Unlock()
	sockets := make([]*jsSocket, 0, len(all.byNumber))
	for _, s := range all.byNumber {
		sockets = append(sockets, s)
	}
	slices.SortFunc(sockets, func(a, b *jsSocket) int { return a.number - b.number })
	return sockets
}

// inProgress returns why the instance cannot sleep, "" if no socket is open.
func (all *jsSockets) inProgress() string {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, s := range all.byNumber {
		if s.tied {
			return "a connection that closes at a reload is open"
		}
		return "a WebSocket object is open"
	}
	return ""
}

// The reasons in the Close frames for the peers of an instance that ends.
const (
	appFailed  = "the application failed"
	appEnded   = "the application has ended"
	appRestart = "a new version of the application has been loaded"
)

// beginRestart makes new sockets close, and returns those that are open. The event loop calls it between two turns, so that a
// turn that accepts a connection can still send to it.
func (all *jsSockets) beginRestart() []*jsSocket {
	all.mu.Lock()
	all.restarting = true
	all.mu.Unlock()
	return all.snapshot()
}

// closeAccepted closes the tied connections that were accepted after beginRestart, except for those whose upgrade events are in
// progress. What the listeners have sent on them precedes the Close.
func (all *jsSockets) closeAccepted(inProgress func(*linger.Socket) bool) {
	all.mu.Lock()
	accepted := all.accepted
	all.accepted = nil
	all.mu.Unlock()
	for _, s := range accepted {
		if inProgress(s.socket) {
			all.mu.Lock()
			all.accepted = append(all.accepted, s)
			all.mu.Unlock()
			continue
		}
		s.transport.close(protocol.CloseServiceRestart, appRestart)
	}
}

// closeForRestart closes sockets when a newer version is in use, one after the other, with jitter, so that the clients do
// not all reconnect at once. Sockets that are open after bound are aborted. It blocks until closeAll is called.
func (all *jsSockets) closeForRestart(sockets []*jsSocket, bound time.Duration) {
	if len(sockets) == 0 {
		return
	}
	abort := time.AfterFunc(bound, all.abort)
	defer abort.Stop()
	pace.Each(all.ended, sockets, bound/4, func(s *jsSocket) { s.transport.close(protocol.CloseServiceRestart, appRestart) })
	<-all.ended
}

// abort closes all sockets without a closing handshake. New events are dropped, except for the end.
func (all *jsSockets) abort() {
	for _, s := range all.snapshot() {
		s.aborted.Store(true)
		s.transport.closeNow()
	}
}

// closeAll closes all sockets of an instance that handles no more events, and ends the events in the queue.
func (all *jsSockets) closeAll(code protocol.CloseCode, reason string) {
	for _, s := range all.snapshot() {
		s.transport.close(code, reason)
	}
	all.mu.Lock()
	clear(all.byNumber)
	if !closed(all.ended) {
		close(all.ended)
	}
	all.mu.Unlock()
	all.events.close()
}

// open reports that the connection is open.
func (s *jsSocket) open(subprotocol, extensions string, done func()) {
	s.submit("open", &script.SocketOpen{Socket: s.number, Subprotocol: subprotocol, Extensions: extensions}, done)
}

// message reports a message.
func (s *jsSocket) message(p linger.Payload, done func()) {
	s.submit("message", &script.SocketMessage{Socket: s.number, Payload: p}, done)
}

// peerClose reports the peer's Close while our half is open.
func (s *jsSocket) peerClose(status protocol.Status, done func()) {
	s.submit("close", &script.SocketClose{Socket: s.number, Status: status}, done)
}

// receive implements [socketEvents].
func (s *jsSocket) receive(p linger.Payload, c *linger.Completion) { s.message(p, c.Done) }

// closed implements [socketEvents].
func (s *jsSocket) closed(c *linger.Close, done func()) {
	s.end(c.Received, c.Clean, failureText(c), done)
}

// end reports the end of the connection. failure is what went wrong, "" for nothing.
func (s *jsSocket) end(received protocol.Status, clean bool, failure string, done func()) {
	e := newEvent("close", s.socket)
	e.onComplete = done
	e.input = &script.SocketEnd{Socket: s.number, Received: received, Clean: clean, Failure: failure}
	e.prepare = func(*hostAPI) { s.remove() }
	s.overlap.whenEmpty(func() { s.sockets.events.add(e) })
}

// remove removes a socket that has ended.
func (s *jsSocket) remove() {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	delete(s.sockets.byNumber, s.number)
}

// submit queues an event for the script, and calls done when it is complete. With overlap an event is complete when its
// listeners have returned.
func (s *jsSocket) submit(kind string, input script.Event, done func()) {
	if s.aborted.Load() {
		done()
		return
	}
	e := newEvent(kind, s.socket)
	e.onComplete, e.input = done, input
	if s.sockets.overlaps {
		s.overlap.submit(e, &s.sockets.events)
	} else {
		s.sockets.events.add(e)
	}
}

// noTransport is the transport of a socket that has ended.
type noTransport struct{}

func (noTransport) send(linger.Payload)              {}
func (noTransport) close(protocol.CloseCode, string) {}
func (noTransport) closeEmpty()                      {}
func (noTransport) answerClose()                     {}
func (noTransport) closeNow()                        {}
func (noTransport) buffered() int                    { return 0 }
