package memconn

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// backlog is the maximum number of connections that wait for Accept.
const backlog = 128

// Listener is a [net.Listener] for connections in memory.
type Listener struct {
	mu      sync.Mutex
	changed sync.Cond // signalled when a connection is added and when the listener is closed
	waiting []*Conn   // the connections that wait for Accept
	closed  bool
	port    int // the port of the last client
}

// Listen returns a new listener. Connect to it with [Listener.Dial].
func Listen() *Listener {
	l := &Listener{port: 49151} // clients have higher ports, as with TCP
	l.changed.L = &l.mu
	return l
}

// Addr returns a fictitious TCP address on 127.0.0.1.
func (l *Listener) Addr() net.Addr { return address(80) }

// Dial returns the client's end of a new connection. Like TCP it does not wait for Accept. It returns ECONNREFUSED if 128
// connections wait for Accept, or if the listener is closed.
func (l *Listener) Dial() (*Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting) == backlog {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: l.Addr(), Err: syscall.ECONNREFUSED}
	}
	l.port++
	client, server := pipe(address(l.port), l.Addr())
	l.waiting = append(l.waiting, server)
	l.changed.Signal()
	return client, nil
}

// DialContext is [Listener.Dial] with the signature that http.Transport needs. It ignores network and address.
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, err := l.Dial()
	if err != nil {
		return nil, err
	}
	return client, nil
}

// Accept blocks until there is a connection or the listener is closed.
func (l *Listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && len(l.waiting) == 0 {
		l.changed.Wait()
	}
	if l.closed {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	server := l.waiting[0]
	l.waiting = l.waiting[1:]
	return server, nil
}

// Close closes the listener. Connections that have not been accepted are reset.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	l.closed = true
	for _, server := range l.waiting {
		server.Reset()
	}
	l.waiting = nil
	l.changed.Broadcast()
	return nil
}
