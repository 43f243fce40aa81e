package websocket

import (
	"net"
	"time"
)

// Close is [Conn.Close] with 1000: what has been written is sent, what has not been read
// is dropped, and Close waits for the end of the closing handshake, which is bounded by
// Options.CloseTimeout. All blocked calls of Read and Write return net.ErrClosed.
//
// The write deadline applies to Close too, and may be set while Close waits. When it
// passes Close returns os.ErrDeadlineExceeded, and the closing handshake continues within
// its own bound. [Conn.CloseNow] closes the transport at once.
//
// Close returns nil if the end is clean. The error of a second call is net.ErrClosed.
func (s *Stream) Close() error {
	closing := newDeadline()
	if !s.closing.CompareAndSwap(nil, closing) {
		return s.opError("close", net.ErrClosed)
	}
	defer closing.close(net.ErrClosed)
	s.reading.close(net.ErrClosed)
	closing.setInitial(s.writing.close(net.ErrClosed))
	if err := s.conn.CloseWrite(CloseNormal, ""); err != nil {
		return s.opError("close", err)
	}
	if err := s.conn.awaitEnd(closing.context()); err != nil {
		return s.opError("close", err)
	}
	return nil
}

func (s *Stream) isClosed() bool { return s.closing.Load() != nil }

// CloseWrite is [Conn.CloseWrite] with 1000: our Close follows what has been written, and
// the stream can be read until the peer closes too.
func (s *Stream) CloseWrite() error {
	if s.isClosed() {
		return s.opError("close", net.ErrClosed)
	}
	return s.conn.CloseWrite(CloseNormal, "")
}

// SetDeadline sets the read deadline and the write deadline. The zero time means none.
// After Close has returned the error is net.ErrClosed.
func (s *Stream) SetDeadline(t time.Time) error {
	s.reading.set(t) // fails after Close, as SetReadDeadline does
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets the time from which on reads fail, including blocked ones. The zero
// time means none. The error is net.ErrClosed after Close.
func (s *Stream) SetReadDeadline(t time.Time) error {
	if !s.reading.set(t) {
		return s.opError("set", net.ErrClosed)
	}
	return nil
}

// SetWriteDeadline sets the time from which on writes and Close fail, including blocked
// ones. The zero time means none. After Close has returned the error is net.ErrClosed.
func (s *Stream) SetWriteDeadline(t time.Time) error {
	if s.writing.set(t) {
		return nil
	}
	if closing := s.closing.Load(); closing == nil || !closing.set(t) {
		return s.opError("set", net.ErrClosed)
	}
	return nil
}

// LocalAddr returns the address of our end of the transport.
func (s *Stream) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// RemoteAddr returns the address of the other end of the transport.
func (s *Stream) RemoteAddr() net.Addr { return s.conn.RemoteAddr() }

func (s *Stream) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "websocket", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}
