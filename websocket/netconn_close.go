package websocket

import (
	"net"
	"time"
)

// Close lets all calls that wait return net.ErrClosed, and is [Conn.Close] with
// 1000 otherwise: what was written arrives, what has not been read is dropped, and
// it takes as long as the closing handshake, within Options.CloseTimeout. The write
// deadline bounds it too, also one that is set or moved meanwhile: when that passes
// Close returns os.ErrDeadlineExceeded, and the closing handshake goes on without it,
// within its own bound. To close the transport at once there is [Conn.CloseNow]. Close
// returns nil if the end is clean. A second call is an error, net.ErrClosed.
func (s *Stream) Close() error {
	closing := newDeadline()
	if !s.closing.CompareAndSwap(nil, closing) {
		return s.opError("close", net.ErrClosed)
	}
	defer closing.end(net.ErrClosed)
	s.reading.end(net.ErrClosed)
	closing.inherit(s.writing.end(net.ErrClosed))
	if err := s.conn.CloseWrite(CloseNormal, ""); err != nil {
		return s.opError("close", err)
	}
	if err := s.conn.awaitEnd(closing.current()); err != nil {
		return s.opError("close", err)
	}
	return nil
}

func (s *Stream) isClosed() bool { return s.closing.Load() != nil }

// CloseWrite sends our Close, with 1000, behind what was written; reading goes on
// until the peer's. See [Conn.CloseWrite].
func (s *Stream) CloseWrite() error {
	if s.isClosed() {
		return s.opError("close", net.ErrClosed)
	}
	return s.conn.CloseWrite(CloseNormal, "")
}

// SetDeadline sets both deadlines. The zero time means none. The error is
// net.ErrClosed, after Close.
func (s *Stream) SetDeadline(t time.Time) error {
	s.reading.set(t) // fails only if the other one does, or while Close waits
	return s.SetWriteDeadline(t)
}

// SetReadDeadline makes reads fail from t on, those that wait included. Results as
// for SetDeadline.
func (s *Stream) SetReadDeadline(t time.Time) error {
	if !s.reading.set(t) {
		return s.opError("set", net.ErrClosed)
	}
	return nil
}

// SetWriteDeadline makes writes fail from t on, those that wait included, and ends the
// wait of Close. Results as for SetDeadline.
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
