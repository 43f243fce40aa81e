package websocket

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Stream is a net.Conn on a [Conn]: a stream of bytes that is sent in messages. All
// methods may be called from any goroutine.
//
// After a deadline has passed it can be moved, and reading and writing continue where
// they stopped. Errors are *[net.OpError]. They wrap os.ErrDeadlineExceeded,
// net.ErrClosed after Close, or an error of the Conn.
type Stream struct {
	conn *Conn
	op   MessageType

	reading, writing *deadline
	closing          atomic.Pointer[deadline] // of Close; nil before it is called

	writeMu sync.Mutex // held by Write, so that the messages of one call are not interleaved with others

	// These are guarded by conn.reading.
	data      []byte // the unread rest of the current piece
	inMessage bool   // the message continues after data
	typeErr   error  // set when a message of the wrong type has arrived
}

// NetConn returns a net.Conn that writes messages of type op, Text or Binary, and accepts
// no others. c must not be read or written directly from now on. If the peer uses
// half-close as TCP connections do, c should be in half-open mode.
func NetConn(c *Conn, op MessageType) *Stream {
	return &Stream{conn: c, op: op, reading: newDeadline(), writing: newDeadline()}
}

// maxStreamMessage is the size of the longest message that Write sends, in bytes. A
// peer's limit on messages is therefore not a limit on Write.
const maxStreamMessage = 16 << 10

// Read reads what has arrived, and returns io.EOF after a normal Close of the peer (1000,
// 1001 or empty). A message of the other type closes the connection with 1003.
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
	until := s.reading.context()
	if err := until.Err(); err != nil || len(p) == 0 {
		return 0, err
	}
	if err := s.conn.lockReading(until); err != nil {
		return 0, s.readError(err)
	}
	defer s.conn.reading.unlock()
	for len(s.data) == 0 { // a message may be empty
		if err := s.nextData(until); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.data)
	s.data = s.data[n:]
	return n, nil
}

// nextData waits for a piece, and puts it into s.data.
func (s *Stream) nextData(until *deadlineContext) error {
	if s.typeErr != nil {
		return s.typeErr
	}
	p, err := s.conn.nextPiece(until)
	switch {
	case err != nil:
		return s.readError(err)
	case p.op != s.op:
		s.typeErr = s.closeForType(p.op)
		return s.typeErr
	}
	s.data, s.inMessage = p.data, !p.last
	return nil
}

// readError returns the error of Read for an error of the Conn: io.EOF if the peer has
// closed normally after a complete message.
func (s *Stream) readError(err error) error {
	peer := s.conn.receivedClose(err)
	switch {
	case peer == nil:
		return err
	case !isNormalCode(peer.Code):
		return peer
	case s.inMessage:
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// receivedClose returns the peer's Close, even if ours was first, or nil if err is an end
// without one.
func (c *Conn) receivedClose(err error) *PeerClosed {
	if e, ok := errors.AsType[*PeerClosed](err); ok {
		return e
	}
	if e, ok := errors.AsType[*LocalClosed](err); ok && e.Clean {
		return &PeerClosed{Status: c.outcome.Received, Clean: true}
	}
	return nil
}

// closeForType closes the connection because of a message of the wrong type, and returns
// the error of Read.
func (s *Stream) closeForType(got MessageType) error {
	status := Status{Code: CloseUnsupportedData, Reason: "expected " + s.op.String() + ", got " + got.String()}
	s.conn.received.dropExcess()
	_ = s.conn.CloseWrite(status.Code, status.Reason) // a valid code and reason
	return &LocalClosed{Status: status}
}

// Write sends p in messages of at most 16 KiB, and waits as [Conn.Write] does. After an
// error n is the number of bytes that have been sent. If the messages are of type Text, p
// must consist of complete characters.
func (s *Stream) Write(p []byte) (n int, err error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	until := s.writing.context()
	for err = until.Err(); err == nil && n < len(p); {
		message := p[n : n+s.messageLen(p[n:])]
		if err = s.conn.Write(until, s.op, message); err == nil {
			n += len(message)
		}
	}
	switch {
	case err == nil:
	case s.isClosed(): // err may be that of the end of the connection
		err = s.opError("write", net.ErrClosed)
	default:
		err = s.opError("write", err)
	}
	return n, err
}

// messageLen returns how much of p the next message contains. It does not split
// characters: each message of type Text must be UTF-8 (RFC 6455, section 8.1).
func (s *Stream) messageLen(p []byte) int {
	if len(p) <= maxStreamMessage {
		return len(p)
	}
	n := maxStreamMessage
	for s.op == Text && n > maxStreamMessage-utf8.UTFMax && !utf8.RuneStart(p[n]) {
		n--
	}
	return n
}
