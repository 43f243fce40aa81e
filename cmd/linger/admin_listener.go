package main

import (
	"net"
	"sync"
)

// limitedListener is a listener that accepts a connection when fewer than a bound are open.
type limitedListener struct {
	net.Listener
	room   chan struct{} // has an element for each connection that is open
	closed chan struct{}
	close  func() error
}

func newLimited(l net.Listener, bound int) *limitedListener {
	closed := make(chan struct{})
	return &limitedListener{
		Listener: l, room: make(chan struct{}, bound), closed: closed,
		close: sync.OnceValue(func() error { close(closed); return l.Close() }),
	}
}

// Accept waits until a connection has come and there is room for it.
func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &limitedConn{Conn: conn, release: sync.OnceFunc(func() { <-l.room })}, nil
}

// Close closes the listener. Connections stay open.
func (l *limitedListener) Close() error { return l.close() }

// limitedConn is a connection that makes room for another one when it is closed.
type limitedConn struct {
	net.Conn
	release func()
}

// Close closes the connection.
func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// CloseWrite closes the connection for writing.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}
