package linger

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

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
