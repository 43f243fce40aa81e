package apptest

import (
	"errors"
	"io"
	"net"
	"sync"
)

// relay passes TCP connections on to the application, so that a test can end one as the loss of a client does: the client's own
// WebSocket always closes in order.
type relay struct {
	listener net.Listener
	to       string // the address of the application

	mu    sync.Mutex
	pairs map[string]pair // by the address that the application sees
}

// pair are the two connections of one that is passed on.
type pair struct{ client, app *net.TCPConn }

// startRelay starts a relay to an address.
func startRelay(to string) (*relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener, to: to, pairs: map[string]pair{}}
	go r.accept()
	return r, nil
}

// accept accepts connections until the relay is stopped.
func (r *relay) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.serve(conn)
	}
}

// serve passes a connection on until both of its directions have ended.
func (r *relay) serve(client net.Conn) {
	app, err := net.Dial("tcp", r.to)
	if err != nil { // the application has ended
		_ = client.Close()
		return
	}
	p := pair{client.(*net.TCPConn), app.(*net.TCPConn)} //nolint:forcetypeassert // net.Listen and net.Dial were called with "tcp"
	name := app.LocalAddr().String()
	r.mu.Lock()
	r.pairs[name] = p
	r.mu.Unlock()
	var directions sync.WaitGroup
	directions.Go(func() { p.pass(p.app, p.client) })
	directions.Go(func() { p.pass(p.client, p.app) })
	directions.Wait()
	_ = client.Close()
	_ = app.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pairs, name)
}

// pass passes one direction on: its bytes, and its end or reset.
func (p pair) pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		p.abort()
		return
	}
	_ = to.CloseWrite() // fails if the other direction was reset
}

// abort resets both connections.
func (p pair) abort() {
	for _, conn := range []*net.TCPConn{p.client, p.app} {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
}

var errUnknown = errors.New("the connection has ended")

// abort resets the connection that the application sees as that of an address.
func (r *relay) abort(address string) error {
	r.mu.Lock()
	p, ok := r.pairs[address]
	r.mu.Unlock()
	if !ok {
		return errUnknown
	}
	p.abort()
	return nil
}

// stop stops the relay, and resets the connections that are open.
func (r *relay) stop() {
	_ = r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pairs {
		p.abort()
	}
}
