package websocket

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Stream is a [Conn] as a net.Conn: bytes that are cut into messages on their way.
// All methods may be called from any goroutine.
//
// A deadline that passes harms nothing: move it, and reading and writing go on
// where they were. Errors are *[net.OpError] around what a net.Conn has:
// os.ErrDeadlineExceeded, net.ErrClosed after Close, and otherwise those of the
// Conn.
type Stream struct {
	conn *Conn
	op   MessageType

	reading, writing *deadline
	closing          atomic.Pointer[deadline] // of Close; nil before it is called

	turn sync.Mutex // to write: a call's messages stay together

	// These are guarded by conn.reading.
	data   []byte
	inside bool  // the message goes on behind data
	fault  error // a message of the wrong type has come
}

// NetConn returns c as a net.Conn that writes messages of type op, Text or Binary,
// and accepts no others. From now on c is read and written through it only. For a
// peer that half-closes as TCP does, c should be in half-open mode.
func NetConn(c *Conn, op MessageType) *Stream {
	return &Stream{conn: c, op: op, reading: newDeadline(), writing: newDeadline()}
}

// streamPiece is the most that is put into one message, so that a peer's limit on
// messages is none on what can be written.
const streamPiece = 16 << 10

// Read reads what has come, and gives io.EOF after the peer's normal Close (1000,
// 1001 or an empty one). A message of the other type closes the connection with
// 1003.
func (s *Stream) Read(p []byte) (int, error) {
	n, err := s.read(p)
	switch {
	case err == nil:
	case s.isClosed():
		err = s.opError("read", net.ErrClosed)
	case !errors.Is(err, io.EOF):
		err = s.opError("read", err)
	}
	return n, err
}

func (s *Stream) read(p []byte) (int, error) {
	until := s.reading.current()
	if err := until.Err(); err != nil || len(p) == 0 {
		return 0, err
	}
	if err := s.conn.enterReading(until); err != nil {
		return 0, s.endOf(err)
	}
	defer s.conn.reading.leave()
	for len(s.data) == 0 { // a message may be empty
		if err := s.next(until); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

// next waits for more data.
func (s *Stream) next(until *limit) error {
	if s.fault != nil {
		return s.fault
	}
	p, err := s.conn.nextPiece(until)
	switch {
	case err != nil:
		return s.endOf(err)
	case p.op != s.op:
		s.fault = s.refuse(p.op)
		return s.fault
	}
	s.data, s.inside = p.data, !p.last
	return nil
}

// endOf returns what a reader is told for an error of the Conn: io.EOF if the peer
// has said all it had to say.
func (s *Stream) endOf(err error) error {
	peer := s.conn.peersClose(err)
	switch {
	case peer == nil:
		return err
	case !isNormalCode(peer.Code):
		return peer
	case s.inside: // it closed in the middle of a message
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// peersClose returns what the peer's Close said, whoever was first, or nil if err
// is an end without one.
func (c *Conn) peersClose(err error) *PeerClosed {
	if e, ok := errors.AsType[*PeerClosed](err); ok {
		return e
	}
	if e, ok := errors.AsType[*LocalClosed](err); ok && e.Clean {
		return &PeerClosed{Status: c.end.Received, Clean: true}
	}
	return nil
}

// refuse closes the connection because of a message of the wrong type.
func (s *Stream) refuse(got MessageType) error {
	why := Status{Code: CloseUnsupportedData, Reason: "expected " + s.op.String() + ", got " + got.String()}
	s.conn.in.drop()
	_ = s.conn.CloseWrite(why.Code, why.Reason) // both may be sent
	return &LocalClosed{Status: why}
}

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
