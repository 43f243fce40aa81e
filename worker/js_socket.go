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

// socketTransport is the connection of a WebSocket object: one that came in, or one to another server. It is in
// half-open mode. Its methods do not block, and may be called from any goroutine at any time, also after its end.
// js/websocket_transport.js is the other half.
//
// The owner of a connection registers it with [jsSockets.join] and reports what happens to the jsSocket, one event at
// a time: open (only for connections that the script has requested), message, peerClose, and finally end, exactly once. These
// methods return at once and call done when the script has handled the event or the instance has ended. done may be
// called on the event loop, so it must not block.
type socketTransport interface {
	send(p linger.Payload)                        // drops the message if it is too late
	close(code protocol.CloseCode, reason string) // starts the closing handshake, or answers the peer's Close
	closeEmpty()                                  // is close without a status
	answerClose()                                 // answers the peer's Close with its code and reason
	closeNow()                                    // closes without a closing handshake
	buffered() int                                // returns the bytes in the send queue
}

// jsSocket is a WebSocket object of an instance, with its transport. The object holds closures of the script, so it ends
// with the instance.
type jsSocket struct {
	sockets   *jsSockets
	number    int
	transport socketTransport
	socket    *linger.Socket // the connection, if it came in
	overlap   overlap
	cut       atomic.Bool // the script gets only the end event
	tied      bool        // there is no WebSocket object: see [jsSockets.tie]
}

// jsSockets are the WebSocket objects of an instance, and the queue of their events, which no other instance can handle.
type jsSockets struct {
	events   queue
	overlaps bool          // Options.Overlap
	released chan struct{} // closed by closeAll

	mu         sync.Mutex
	byNumber   map[int]*jsSocket
	last       int  // the last number
	restarting bool // a newer version is in use; new sockets are closed
	ended      bool // closeAll was called; new sockets are closed
}

func newJSSockets(overlaps bool) jsSockets {
	return jsSockets{events: newQueue(), overlaps: overlaps, released: make(chan struct{}), byNumber: map[int]*jsSocket{}}
}

// join makes a WebSocket object for a transport. The event loop has to pass its number to the script before the next
// turn. socket is the connection if it came in.
func (all *jsSockets) join(t socketTransport, socket *linger.Socket) *jsSocket {
	return all.add(&jsSocket{sockets: all, transport: t, socket: socket})
}

// tie makes a connection of the functional events end with the instance, because its application depends on variables.
// Its events are those of a connection.
func (all *jsSockets) tie(socket *linger.Socket) *jsSocket {
	return all.add(&jsSocket{sockets: all, transport: incomingSocket{socket}, socket: socket, tied: true})
}

// add assigns a number to a socket. If the instance is ending, it closes the socket.
func (all *jsSockets) add(s *jsSocket) *jsSocket {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.last++
	s.number = all.last
	if all.ended {
		go s.transport.close(protocol.CloseInternalError, appFailed)
		return s
	}
	all.byNumber[s.number] = s
	if all.restarting {
		go s.transport.close(protocol.CloseServiceRestart, appRestart)
	}
	return s
}

// transport returns the transport of a socket; one without effect if the socket has ended.
func (all *jsSockets) transport(number int) socketTransport {
	all.mu.Lock()
	defer all.mu.Unlock()
	if s := all.byNumber[number]; s != nil {
		return s.transport
	}
	return noTransport{}
}

// open returns the sockets that have not ended, in the order of their numbers.
func (all *jsSockets) open() []*jsSocket {
	all.mu.Lock()
	defer all.mu.Unlock()
	sockets := make([]*jsSocket, 0, len(all.byNumber))
	for _, s := range all.byNumber {
		sockets = append(sockets, s)
	}
	slices.SortFunc(sockets, func(a, b *jsSocket) int { return a.number - b.number })
	return sockets
}

// reason returns why the instance cannot sleep, "" if no socket is open.
func (all *jsSockets) reason() string {
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

// Reasons in the Close frames for peers of an instance that ends.
const (
	appFailed  = "the application failed"
	appEnded   = "the application has ended"
	appRestart = "a new version of the application has been loaded"
)

// closeForRestart closes the sockets when a newer version is in use, one after the other, with jitter, so that the
// clients do not all reconnect at once. What is left after bound is aborted. It blocks until closeAll is called.
func (all *jsSockets) closeForRestart(bound time.Duration) {
	all.mu.Lock()
	all.restarting = true
	all.mu.Unlock()
	sockets := all.open()
	if len(sockets) == 0 {
		return
	}
	abort := time.AfterFunc(bound, all.abort)
	defer abort.Stop()
	pace.Each(all.released, sockets, bound/4, func(s *jsSocket) { s.transport.close(protocol.CloseServiceRestart, appRestart) })
	<-all.released
}

// abort closes all sockets without a closing handshake. Events that wait for the script are dropped, except for the end.
func (all *jsSockets) abort() {
	for _, s := range all.open() {
		s.cut.Store(true)
		s.transport.closeNow()
	}
}

// closeAll closes all sockets of an instance that handles no more events, and completes the events that wait.
func (all *jsSockets) closeAll(code protocol.CloseCode, reason string) {
	for _, s := range all.open() {
		s.transport.close(code, reason)
	}
	all.mu.Lock()
	clear(all.byNumber)
	if !all.ended {
		close(all.released)
	}
	all.ended = true
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

// end reports the end of the connection. failure is empty if nothing went wrong.
func (s *jsSocket) end(received protocol.Status, clean bool, failure string, done func()) {
	e := newEvent("close", s.socket)
	e.then = done
	e.input = &script.SocketEnd{Socket: s.number, Received: received, Clean: clean, Failure: failure}
	e.prepare = s.remove
	s.overlap.whenEmpty(func() { s.sockets.events.put(e) })
}

// remove removes a socket that has ended.
func (s *jsSocket) remove() {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	delete(s.sockets.byNumber, s.number)
}

// submit queues an event for the script, and calls done when it is complete. With overlap that is when its listeners
// have returned.
func (s *jsSocket) submit(kind string, input script.Event, done func()) {
	if s.cut.Load() {
		done()
		return
	}
	e := newEvent(kind, s.socket)
	e.then, e.input = done, input
	if !s.sockets.overlaps {
		s.sockets.events.put(e)
		return
	}
	e.overlaps = true
	s.overlap.enter(func() {
		e.left = s.overlap.leave
		s.sockets.events.put(e)
	})
}

// noTransport is the transport of a socket that has ended.
type noTransport struct{}

func (noTransport) send(linger.Payload)              {}
func (noTransport) close(protocol.CloseCode, string) {}
func (noTransport) closeEmpty()                      {}
func (noTransport) answerClose()                     {}
func (noTransport) closeNow()                        {}
func (noTransport) buffered() int                    { return 0 }
