package worker

import (
	"sync"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// lateSocket is the transport of a WebSocket that an object has made and whose connection is not known yet: that of the request which the
// response with the other end of the pair will answer. Until then the calls wait.
type lateSocket struct {
	mu      sync.Mutex
	socket  *linger.Socket // nil until connect
	distant *distant       // the connection, if it is on another node
	left    bool           // the object has left this node: later calls have no effect
	early   *earlyCalls    // nil if no call waits
}

// earlyCalls are calls of a transport that wait for its connection.
type earlyCalls struct {
	calls []func(t socketTransport)
	bytes int // the size of the messages
}

var _ socketTransport = (*lateSocket)(nil)

// The bounds of the messages that wait. Beyond them the connection is closed when it is there.
const (
	maxEarlyCalls = 32 << 10
	maxEarlyBytes = 1 << 20
)

// connect sets the connection, and makes the calls that wait. It returns false if the object has left this node: later calls have no effect.
func (s *lateSocket) connect(socket *linger.Socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.socket = socket
	}
	s.makeCalls(incomingSocket{socket})
	return !s.left
}

// connectDistant is connect for the connection of another node.
func (s *lateSocket) connectDistant(d *distant) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.distant = d
	}
	s.makeCalls(d)
	return !s.left
}

// makeCalls makes the calls that wait. mu is held.
func (s *lateSocket) makeCalls(t socketTransport) {
	if s.early != nil {
		for _, call := range s.early.calls {
			call(t)
		}
		s.early = nil
	}
}

// suspend makes calls wait again, until the next connection is set.
func (s *lateSocket) suspend(d *distant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.distant == d {
		s.distant = nil
	}
}

// leave makes later calls have no effect, and returns the connection. Both results are nil if there is none yet.
func (s *lateSocket) leave() (socket *linger.Socket, d *distant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	socket, d = s.socket, s.distant
	s.socket, s.distant, s.left = nil, nil, true
	return socket, d
}

// transport returns the connection, nil if there is none yet.
func (s *lateSocket) transport() socketTransport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transportLocked()
}

// transportLocked is transport while mu is held.
func (s *lateSocket) transportLocked() socketTransport {
	switch {
	case s.left:
		return noTransport{}
	case s.socket != nil:
		return incomingSocket{s.socket}
	case s.distant != nil:
		return s.distant
	}
	return nil
}

// distantConnection returns the connection if it is on another node, otherwise nil.
func (s *lateSocket) distantConnection() *distant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.distant
}

// call makes a call of the transport, now or when there is a connection.
func (s *lateSocket) call(size int, call func(t socketTransport)) {
	s.mu.Lock()
	t := s.transportLocked()
	if t == nil {
		s.wait(size, call)
	}
	s.mu.Unlock()
	if t != nil {
		call(t)
	}
}

// wait keeps a call until there is a connection. mu is held.
func (s *lateSocket) wait(size int, call func(t socketTransport)) {
	if s.early == nil {
		s.early = &earlyCalls{}
	}
	if s.early.bytes > maxEarlyBytes || len(s.early.calls) >= maxEarlyCalls {
		call = func(t socketTransport) {
			t.close(protocol.CloseTryAgainLater, "too much was sent before the connection was open")
		}
		s.early.calls = s.early.calls[:0]
	}
	s.early.calls = append(s.early.calls, call)
	s.early.bytes += size
}

// connection returns the connection, nil if there is none yet or if it is on another node.
func (s *lateSocket) connection() *linger.Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.socket
}

func (s *lateSocket) send(p linger.Payload) {
	if t := s.transport(); t != nil {
		t.send(p)
		return
	}
	s.call(len(p.Data), func(t socketTransport) { t.send(p) })
}

func (s *lateSocket) close(code protocol.CloseCode, reason string) {
	s.call(0, func(t socketTransport) { t.close(code, reason) })
}

func (s *lateSocket) closeEmpty()  { s.call(0, socketTransport.closeEmpty) }
func (s *lateSocket) answerClose() { s.call(0, socketTransport.answerClose) }
func (s *lateSocket) closeNow()    { s.call(0, socketTransport.closeNow) }

func (s *lateSocket) buffered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.transportLocked(); t != nil {
		return t.buffered()
	}
	if s.early != nil {
		return s.early.bytes
	}
	return 0
}

// gatedTransport is the transport of a WebSocket of an object: what is sent passes the output gate of the object.
type gatedTransport struct {
	socketTransport
	gate *outputGate
}

func (t gatedTransport) send(p linger.Payload) {
	if t.gate.isOpen() {
		t.socketTransport.send(p)
		return
	}
	t.pass(func() { t.socketTransport.send(p) })
}

func (t gatedTransport) close(code protocol.CloseCode, reason string) {
	t.pass(func() { t.socketTransport.close(code, reason) })
}

func (t gatedTransport) closeEmpty()  { t.pass(t.socketTransport.closeEmpty) }
func (t gatedTransport) answerClose() { t.pass(t.socketTransport.answerClose) }

// pass calls send when the gate is open. If what the object has written before cannot be stored, the connection is closed instead.
func (t gatedTransport) pass(send func()) {
	if t.gate.isOpen() {
		send()
		return
	}
	t.gate.pass(func(err error) {
		switch {
		case err == nil:
			send()
		case !isTakenOver(err): // otherwise the connection goes to the next owner
			t.socketTransport.close(protocol.CloseInternalError, appFailed)
		}
	})
}
