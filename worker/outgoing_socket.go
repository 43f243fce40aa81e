package worker

import (
	"context"
	"sync"

	"github.com/lingerws/linger"
	bounded "github.com/lingerws/linger/internal/queue"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// outgoingSocket is a WebSocket that the script has opened to another server: the wire
// of a line, and the handler of the connection. What the connection tells waits in a
// queue until the script is done with what came before. When that is full the connection
// is not read; Pings are answered as long as it is read.
type outgoingSocket struct {
	app  *App
	line *line
	over func() // gives its place to another

	mu      sync.Mutex
	conn    *driver.Driver                   // nil until the server has agreed
	cancel  context.CancelFunc               // ends the opening handshake
	given   bool                             // up: the script closed it before it was open
	waiting bounded.Queue[func(done func())] // calls of the line that report what has happened
	telling bool                             // a goroutine makes these calls
}

// outgoingLimits bound what waits for the script, as on connections that came in.
var outgoingLimits = bounded.Limits{Items: 256, Bytes: 1 << 20}

var _ wire = (*outgoingSocket)(nil)

// opened makes the connection that of the socket. It returns false if the script, or the
// end of its engine, came before; then nothing of it is left.
func (s *outgoingSocket) opened(conn *driver.Driver) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.given {
		conn.CloseNow()
		return false
	}
	s.conn = conn
	return true
}

// open returns the connection if there is one. If there is none yet, and giveUp says so,
// there will be none.
func (s *outgoingSocket) open(giveUp bool) *driver.Driver {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil && giveUp {
		s.given = true
		s.cancel()
	}
	return s.conn
}

// send queues a message. What a server that reads too slowly has no room for is treated
// as the policy says.
func (s *outgoingSocket) send(p linger.Payload) {
	conn := s.open(false)
	switch {
	case conn == nil:
	case conn.Queued() < s.app.opts.Server.SendQueue:
		opcode := protocol.Text
		if p.Binary {
			opcode = protocol.Binary
		}
		_, _ = conn.Send(opcode, p.Data) // what is too late is dropped
	case s.app.opts.Server.Policy != linger.PolicyDrop:
		_ = conn.Close(protocol.CloseTryAgainLater, "reading too slowly") // may travel
	}
}

// giveUp cuts the connection whether it is open or not.
func (s *outgoingSocket) giveUp() {
	s.mu.Lock()
	s.given = true
	s.mu.Unlock()
	s.closeNow()
}

// failure tells what went wrong on a connection that was open.
func (s *outgoingSocket) failure(end driver.Outcome) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.given {
		return notOpened + errGivenUp.Error()
	}
	return failureOf(&linger.Close{Outcome: end})
}

func (s *outgoingSocket) close(code protocol.CloseCode, reason string) {
	if conn := s.open(true); conn != nil {
		_ = conn.Close(code, reason) // was checked by who calls
	}
}

func (s *outgoingSocket) closeEmpty() {
	if conn := s.open(true); conn != nil {
		conn.CloseEmpty()
	}
}

func (s *outgoingSocket) answerClose() {
	if conn := s.open(false); conn != nil {
		conn.AnswerClose()
	}
}

func (s *outgoingSocket) closeNow() {
	if conn := s.open(true); conn != nil {
		conn.CloseNow()
	}
}

func (s *outgoingSocket) buffered() int {
	if conn := s.open(false); conn != nil {
		return conn.Queued()
	}
	return 0
}
