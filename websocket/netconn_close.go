package websocket

import (
	"errors"
	"net"
	"time"
)

// Close lets all calls that wait return net.ErrClosed, and is [Conn.Close] with
// 1000 otherwise: what was written arrives, what has not been read is dropped, and
// it takes as long as the closing handshake, within its bound. It returns nil if
// the end is clean. A second call is an error, net.ErrClosed.
func (s *Stream) Close() error {
	if s.closed.Swap(true) {
		return s.opError("close", net.ErrClosed)
	}
	s.reading.end(net.ErrClosed)
	s.writing.end(net.ErrClosed)
	if err := s.conn.Close(CloseNormal, ""); err != nil {
		return s.opError("close", err)
	}
	return nil
}

// CloseWrite sends our Close, with 1000, behind what was written; reading goes on
// until the peer's. See [Conn.CloseWrite].
func (s *Stream) CloseWrite() error {
	if s.closed.Load() {
		return s.opError("close", net.ErrClosed)
	}
	return s.conn.CloseWrite(CloseNormal, "")
}

// SetDeadline sets both deadlines. The zero time means none. The error is
// net.ErrClosed.
func (s *Stream) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

// SetReadDeadline makes reads fail from t on, those that wait included. Results as
// for SetDeadline.
func (s *Stream) SetReadDeadline(t time.Time) error { return s.setDeadline(s.reading, t) }

// SetWriteDeadline makes writes fail from t on, those that wait included. Results
// as for SetDeadline.
func (s *Stream) SetWriteDeadline(t time.Time) error { return s.setDeadline(s.writing, t) }

func (s *Stream) setDeadline(d *deadline, t time.Time) error {
	if !d.set(t) {
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
