package worker

import (
	"context"
	"sync"

	"github.com/lingerws/linger"
	bounded "github.com/lingerws/linger/internal/queue"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// outgoingSocket is a WebSocket that the script has opened to another server. It is the transport of a WebSocket object, and
// the handler of the connection. Events wait in a queue until the script has handled those before them. While the queue is
// full the connection is not read, so Pings are not answered either.
type outgoingSocket struct {
	app     *App
	object  *jsSocket
	reserve func() error // counts the connection among the worker's sockets
	release func()       // undoes reserve

	mu         sync.Mutex
	conn       *driver.Driver                   // nil before the connection is open
	cancel     context.CancelFunc               // ends the opening handshake
	abandoned  bool                             // the script closed the socket before the handshake completed
	waiting    bounded.Queue[func(done func())] // the events for the script, as calls of the WebSocket object
	delivering bool                             // a goroutine delivers the events
}

// outgoingLimits bound the queue of events, as for accepted connections.
var outgoingLimits = bounded.Limits{Items: 256, Bytes: 1 << 20}

var _ socketTransport = (*outgoingSocket)(nil)

const notOpened = "the WebSocket was not opened: "

var errAbandoned = &fetch.Error{Text: "it was closed before it was open"}

// dial opens the connection and reports its opening, or the failure, to the WebSocket object. It blocks until the handshake has
// ended.
func (s *outgoingSocket) dial(ctx context.Context, url string, opts *driver.DialOptions) {
	defer s.cancel()
	subprotocol, extensions, err := s.connect(ctx, url, opts)
	if err != nil {
		s.app.opts.Logger.Debug("WebSocket not opened", "error", fetch.WithoutURL(err))
		s.object.end(protocol.Status{Code: protocol.CloseAbnormal}, false, notOpened+fetch.ExplainDial(err), func() {})
		return
	}
	s.enqueue(0, func(done func()) { s.object.open(subprotocol, extensions, done) })
	s.conn.Start(s)
}

// connect performs the opening handshake. After an error the connection is closed and no longer counted.
func (s *outgoingSocket) connect(ctx context.Context, url string, opts *driver.DialOptions) (subprotocol, extensions string, err error) {
	if err := s.reserve(); err != nil {
		return "", "", err
	}
	conn, header, err := driver.Dial(ctx, url, opts)
	if err == nil && !s.setConn(conn) {
		err = errAbandoned
	}
	if ctx.Err() != nil && err != nil {
		err = errAbandoned
	}
	if err != nil {
		s.release()
	}
	return fetch.Subprotocol(header), fetch.Extensions(header), err
}

// setConn sets the connection. If the script has closed the socket in the meantime, it closes the connection and returns false.
func (s *outgoingSocket) setConn(conn *driver.Driver) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.abandoned {
		conn.CloseNow()
		return false
	}
	s.conn = conn
	return true
}

// driver returns the connection, nil if it is not open yet.
func (s *outgoingSocket) driver() *driver.Driver {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

// driverToClose returns the connection. If it is not open yet, driverToClose cancels the opening handshake and returns nil.
func (s *outgoingSocket) driverToClose() *driver.Driver {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		s.abandoned = true
		s.cancel()
	}
	return s.conn
}

// send queues a message. If the send queue is full, the policy applies.
func (s *outgoingSocket) send(p linger.Payload) {
	conn := s.driver()
	switch {
	case conn == nil:
	case conn.Queued() < s.app.config().opts.Server.SendQueue:
		opcode := protocol.Text
		if p.Binary {
			opcode = protocol.Binary
		}
		_, _ = conn.Send(opcode, p.Data) // fails if the connection is closing; the message is dropped
	case s.app.config().opts.Server.Policy != linger.PolicyDrop:
		_ = conn.Close(protocol.CloseTryAgainLater, "reading too slowly") // a legal code
	}
}

// abandon aborts the opening handshake, or a connection that the script does not consider open yet.
func (s *outgoingSocket) abandon() {
	s.mu.Lock()
	s.abandoned = true
	s.mu.Unlock()
	s.closeNow()
}

// failureText returns what went wrong on a connection that was open, "" for nothing.
func (s *outgoingSocket) failureText(end driver.Outcome) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.abandoned {
		return notOpened + errAbandoned.Error()
	}
	return failureText(&linger.Close{Outcome: end})
}

func (s *outgoingSocket) close(code protocol.CloseCode, reason string) {
	if conn := s.driverToClose(); conn != nil {
		_ = conn.Close(code, reason) // callers have checked both
	}
}

func (s *outgoingSocket) closeEmpty() {
	if conn := s.driverToClose(); conn != nil {
		conn.CloseEmpty()
	}
}

func (s *outgoingSocket) answerClose() {
	if conn := s.driver(); conn != nil {
		conn.AnswerClose()
	}
}

func (s *outgoingSocket) closeNow() {
	if conn := s.driverToClose(); conn != nil {
		conn.CloseNow()
	}
}

func (s *outgoingSocket) buffered() int {
	if conn := s.driver(); conn != nil {
		return conn.Queued()
	}
	return 0
}
