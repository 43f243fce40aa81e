package linger

import (
	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// The causes of connections that the server has closed without a call of the application. The Close that it sends has the code
// that is given here; [Close.Sent] is 1006 if that Close could not be sent.
const (
	CauseSlow     protocol.Cause = "slow"     // the send queue was full under PolicyClose: 1013
	CauseIdle     protocol.Cause = "idle"     // Options.IdleTimeout: 1001
	CauseLifetime protocol.Cause = "lifetime" // Options.MaxLifetime: 1012
	CauseShutdown protocol.Cause = "shutdown" // [Server.Shutdown]: 1001
	CauseDrain    protocol.Cause = "drain"    // [Server.Drain]: 1012, or the code of its options
	CauseMemory   protocol.Cause = "memory"   // Options.MaxMemory was exceeded, and the connection held more than its share: 1013
	CausePanic    protocol.Cause = "panic"    // the handler of an event panicked: 1011
	CauseHandover protocol.Cause = "handover" // [Server.Handover], for a connection that cannot move: 1012
)

// CauseHandshake is the cause of a connection that was accepted and whose opening handshake did not complete.
const CauseHandshake protocol.Cause = "handshake"

// Close starts the closing handshake, or completes it after the peer's Close in half-open mode (RFC 6455, section 7.1.2). It does
// not wait; the close event reports the end. A second call has no effect. The error is that of protocol.CheckClose, for a code
// or reason that may not be sent; then nothing has changed.
func (s *Socket) Close(code protocol.CloseCode, reason string) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	s.startClose(protocol.Status{Code: code, Reason: reason}, false)
	return nil
}

// CloseDiscard is [Socket.Close] for a peer that reads too slowly: messages that wait to be sent are dropped, so that our Close
// follows what the kernel has taken. After a Close it drops the messages that wait before that one.
func (s *Socket) CloseDiscard(code protocol.CloseCode, reason string) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	s.startClose(protocol.Status{Code: code, Reason: reason}, true)
	return nil
}

// CloseEmpty is [Socket.Close] with a Close frame that has no status (RFC 6455, section 5.5.1). The peer reports it as 1005.
func (s *Socket) CloseEmpty() { s.startClose(protocol.Status{Code: protocol.CloseNoStatus}, false) }

// AnswerClose closes our half in half-open mode with the code and reason of the peer's Close, or with an empty Close if that was
// empty (RFC 6455, section 5.5.1). Before the peer's Close, or after ours, it has no effect.
func (s *Socket) AnswerClose() {
	if s.isFlagged(flagPeerClosed) {
		s.answerClose(s.conn.Load())
	}
}

// CloseNow ends the connection without a closing handshake.
func (s *Socket) CloseNow() {
	s.closing.Store(true)
	s.mu.Lock()
	conn := s.conn.Load()
	if conn == nil && s.pending != nil {
		s.pending.closed, s.pending.aborted = true, true
	}
	s.mu.Unlock()
	if conn != nil {
		conn.CloseNow()
	}
}

// startClose closes our half, after the 101 if that has not been written. The status is legal, or has the code CloseNoStatus
// for an empty Close.
func (s *Socket) startClose(status protocol.Status, discard bool) {
	s.closing.Store(true)
	s.wakeSenders()
	conn := s.conn.Load()
	if conn == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if conn = s.conn.Load(); conn == nil {
			s.pending.close(status, discard)
			return
		}
	}
	closeConn(conn, status, discard)
}

// closeConn closes our half of a connection, with an empty Close for the code CloseNoStatus.
func closeConn(conn *driver.Driver, status protocol.Status, discard bool) {
	switch {
	case status.Code == protocol.CloseNoStatus:
		conn.CloseEmpty()
	case discard:
		_ = conn.CloseDiscard(status.Code, status.Reason) // cannot fail: the status is legal
	default:
		_ = conn.Close(status.Code, status.Reason) // cannot fail: the status is legal
	}
}

// answerClose sends our Close with the peer's code and reason. Nothing can be sent after it.
func (s *Socket) answerClose(conn *driver.Driver) {
	s.closing.Store(true)
	s.wakeSenders()
	conn.AnswerClose()
}

// failConn sends the Close for a violation of the peer (RFC 6455, section 7.1.7). Nothing can be sent after it.
func (s *Socket) failConn(conn *driver.Driver) {
	s.closing.Store(true)
	s.wakeSenders()
	conn.Fail()
}

// decision is a reason of the server to close a connection. It is a number because every socket has room for one. The numbers are
// part of the state that moves in a hand-over.
type decision uint8

const (
	undecided decision = iota
	idleTooLong
	oldEnough
	tooSlow
	tooEarly
	shuttingDown
	draining
	tooMuchHeld
	handlerFailed
	cannotMove
)

// decisions contains what the peer gets for each decision, and the cause of the close event.
var decisions = [...]struct {
	protocol.Status
	cause protocol.Cause
}{
	idleTooLong:   {protocol.Status{Code: protocol.CloseGoingAway, Reason: "idle timeout"}, CauseIdle},
	oldEnough:     {protocol.Status{Code: protocol.CloseServiceRestart, Reason: "maximum lifetime"}, CauseLifetime},
	tooSlow:       {protocol.Status{Code: protocol.CloseTryAgainLater, Reason: "reading too slowly"}, CauseSlow},
	tooEarly:      {protocol.Status{Code: protocol.CloseTryAgainLater, Reason: "too much was sent before the connection was open"}, CauseSlow},
	shuttingDown:  {protocol.Status{Code: protocol.CloseGoingAway, Reason: "server shutting down"}, CauseShutdown},
	draining:      {cause: CauseDrain}, // the status is that of DrainOptions
	tooMuchHeld:   {protocol.Status{Code: protocol.CloseTryAgainLater, Reason: "too much is under way"}, CauseMemory},
	handlerFailed: {protocol.Status{Code: protocol.CloseInternalError, Reason: "internal error"}, CausePanic},
	cannotMove:    {protocol.Status{Code: protocol.CloseServiceRestart, Reason: "service restart"}, CauseHandover},
}

// closeFor starts the closing handshake for a decision of the server.
func (s *Socket) closeFor(d decision) {
	s.decide(d)
	s.startClose(decisions[d].Status, false)
}

// evict closes a connection that holds too much memory, and drops what waits to be sent on it.
func (s *Socket) evict() {
	s.decide(tooMuchHeld)
	s.startClose(decisions[tooMuchHeld].Status, true)
}

// decide records why the server ends a connection, unless the connection is closing already.
func (s *Socket) decide(d decision) {
	s.forward(handover.Op{Kind: opDecide, Body: wire.AppendUint(nil, bodyDecision, uint64(d))})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.decision == undecided && !s.closing.Load() {
		s.decision = d
	}
}

// causeOf returns the cause of the close event: the server's decision, unless the peer closed first or broke a rule. mu is held.
func (s *Socket) causeOf(end driver.Outcome) protocol.Cause {
	if s.decision == undecided || end.First == protocol.Remote || end.Cause == protocol.CauseViolation || end.Cause == CauseHandshake {
		return end.Cause
	}
	return decisions[s.decision].cause
}
