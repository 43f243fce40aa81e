package memconn

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// backlog is how many connections wait to be accepted before further ones are refused.
const backlog = 128

// Listener is a [net.Listener] for connections in memory.
type Listener struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []*Conn
	closed  bool
	port    int // of the last client
}

// Listen returns a listener whose connections are made with [Listener.Dial].
func Listen() *Listener {
	l := &Listener{port: 49151} // clients take the ports above, as they do with TCP
	l.changed.L = &l.mu
	return l
}

// Addr returns a made-up TCP address on 127.0.0.1.
func (l *Listener) Addr() net.Addr { return address(80) }

// Dial returns the client's end of a new connection. It does not wait for Accept: like TCP it only needs room in the
// backlog, of 128 connections, and answers ECONNREFUSED without it or when the listener is closed.
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

// DialContext is [Listener.Dial] in the form that http.Transport asks for; network and address are not looked at.
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

// Accept waits for the next connection, or for Close.
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

// Close ends the listener. Connections nobody has accepted are reset.
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
