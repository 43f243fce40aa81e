package websocket

import (
	"net"
	"unicode/utf8"
)

// Write sends p, in messages of at most 16 KiB, and waits as [Conn.Write] does.
// After an error n tells how much has been sent, and nothing behind it was. Text
// must not be cut inside a character by the caller.
func (s *Stream) Write(p []byte) (n int, err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	until := s.writing.current()
	for err = until.Err(); err == nil && n < len(p); {
		message := p[n : n+s.cut(p[n:])]
		if err = s.conn.Write(until, s.op, message); err == nil {
			n += len(message)
		}
	}
	switch {
	case err == nil:
	case s.isClosed(): // the end of the connection may be seen first
		err = s.opError("write", net.ErrClosed)
	default:
		err = s.opError("write", err)
	}
	return n, err
}

// cut returns how much of p makes the next message: each message of text must be
// UTF-8 (RFC 6455, section 8.1).
func (s *Stream) cut(p []byte) int {
	if len(p) <= streamPiece {
		return len(p)
	}
	n := streamPiece
	for s.op == Text && n > streamPiece-utf8.UTFMax && !utf8.RuneStart(p[n]) {
		n--
	}
	return n
}
