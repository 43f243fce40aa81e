package linger

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// The causes of connections that the server has closed without a call of the
// application. Their Close has the code that is given here; [Close.Sent] is 1006 if it
// could not leave.
const (
	CauseSlow     protocol.Cause = "slow"     // the send queue was full under PolicyClose: 1013
	CauseIdle     protocol.Cause = "idle"     // Options.IdleTimeout: 1001
	CauseLifetime protocol.Cause = "lifetime" // Options.MaxLifetime: 1012
	CauseShutdown protocol.Cause = "shutdown" // [Server.Shutdown]: 1001
	CauseMemory   protocol.Cause = "memory"   // Options.MaxMemory, and it held more than its share: 1013
	CausePanic    protocol.Cause = "panic"    // the handler of an event panicked: 1011
)

// decision is a reason of the server's own to close a connection. It is a number, because
// every socket has room for one.
type decision uint8

const (
	undecided decision = iota
	idleTooLong
	oldEnough
	tooSlow
	tooEarly
	shuttingDown
	tooMuchHeld
	handlerFailed
)

// decisions are what the peer gets, and the cause of the close event.
var decisions = [...]struct {
	protocol.Status
	cause protocol.Cause
}{
	idleTooLong:   {protocol.Status{Code: protocol.CloseGoingAway, Reason: "idle timeout"}, CauseIdle},
	oldEnough:     {protocol.Status{Code: protocol.CloseServiceRestart, Reason: "maximum lifetime"}, CauseLifetime},
	tooSlow:       {protocol.Status{Code: protocol.CloseTryAgainLater, Reason: "reading too slowly"}, CauseSlow},
	tooEarly:      {protocol.Status{Code: protocol.CloseTryAgainLater, Reason: "too much was sent before the connection was open"}, CauseSlow},
	shuttingDown:  {protocol.Status{Code: protocol.CloseGoingAway, Reason: "server shutting down"}, CauseShutdown},
	tooMuchHeld:   {protocol.Status{Code: protocol.CloseTryAgainLater, Reason: "too much is under way"}, CauseMemory},
	handlerFailed: {protocol.Status{Code: protocol.CloseInternalError, Reason: "internal error"}, CausePanic},
}

// closeFor starts the closing handshake for a reason of the server's own.
func (s *Socket) closeFor(d decision) {
	s.decide(d)
	_ = s.Close(decisions[d].Code, decisions[d].Reason) // cannot fail: the code and reason are legal
}

// decide notes why the server ends a connection, unless it is ending already.
func (s *Socket) decide(d decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decideLocked(d)
}

// decideLocked is decide with mu held.
func (s *Socket) decideLocked(d decision) {
	if s.decision == undecided && !s.closing.Load() {
		s.decision = d
	}
}

// causeOf returns the cause of the close event. The server's decision is the cause, unless the
// peer closed first or broke a rule. mu is held.
func (s *Socket) causeOf(end websocket.Outcome) protocol.Cause {
	if s.decision == undecided || end.First == protocol.Remote || end.Cause == protocol.CauseViolation || end.Cause == CauseHandshake {
		return end.Cause
	}
	return decisions[s.decision].cause
}

// CloseEmpty is [Socket.Close] with a Close frame that has no status (RFC 6455, section
// 5.5.1), which the peer is told as 1005.
func (s *Socket) CloseEmpty() {
	empty := func(conn *websocket.Driver, _ protocol.CloseCode, _ string) error {
		conn.CloseEmpty()
		return nil
	}
	early := func(e *early, _ protocol.Status) { e.close(protocol.Status{Code: protocol.CloseNoStatus}) }
	_ = s.close(protocol.CloseNormal, "", empty, early) // the code is legal, and not sent
}

// AnswerClose finishes our half in half-open mode with the code and reason of the peer's
// Close, an empty one included (RFC 6455, section 5.5.1). Before that Close, or after
// ours, it changes nothing.
func (s *Socket) AnswerClose() {
	if s.peerClosed.Load() {
		s.answerClose(s.conn.Load())
	}
}
