package proxyends

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// Backend is the backend of a proxy under test.
type Backend struct {
	listener net.Listener

	mu       sync.Mutex
	expected map[string]chan *Wire    // by path: receives the connection of a request
	requests map[string]*http.Request // by path: the request
	next     int                      // the number of the last path
}

// NewBackend returns a backend that listens on a loopback address.
func NewBackend() (*Backend, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &Backend{listener: l, expected: map[string]chan *Wire{}, requests: map[string]*http.Request{}}
	go b.run()
	return b, nil
}

// Addr returns the address of the backend as host:port.
func (b *Backend) Addr() string { return b.listener.Addr().String() }

// Close closes the listener. It does not close connections.
func (b *Backend) Close() { _ = b.listener.Close() }

func (b *Backend) run() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			return
		}
		go b.accept(conn)
	}
}

// accept accepts the opening handshake of a connection, and passes the connection to Open
// if that expects its path.
func (b *Backend) accept(conn net.Conn) {
	w := newWire(conn, protocol.Server, 0)
	r, err := http.ReadRequest(w.r)
	if err != nil {
		_ = conn.Close()
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+handshake.Accept(r.Header.Get("Sec-WebSocket-Key"))+"\r\nSet-Cookie: from=backend\r\n\r\n")
	b.mu.Lock()
	defer b.mu.Unlock()
	path := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/'):]
	if arrived := b.expected[path]; arrived != nil {
		b.requests[path] = r
		arrived <- w
	}
}

// expect returns a new path, and a channel that receives the connection for it.
func (b *Backend) expect() (path string, arrived chan *Wire) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	path, arrived = fmt.Sprintf("/pair-%d", b.next), make(chan *Wire, 1)
	b.expected[path] = arrived
	return path, arrived
}

// Pair is a connection from a client through a proxy to a backend.
type Pair struct {
	Client, Backend *Wire
	Response        *http.Response // the response that the client received
	Request         *http.Request  // the request that the backend received
}

// Open connects a client to the proxy at the given address and returns it with the
// backend's end of the connection. timeout bounds the handshake, and is the timeout of
// both wires.
func (b *Backend) Open(proxy string, timeout time.Duration) (*Pair, error) {
	path, arrived := b.expect()
	conn, err := net.Dial("tcp", proxy)
	if err != nil {
		return nil, err
	}
	p := &Pair{Client: newWire(conn, protocol.Client, timeout)}
	_, _ = io.WriteString(conn, "GET "+path+"?x=1 HTTP/1.1\r\nHost: front\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: a=b\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(timeout))
	p.Response, err = http.ReadResponse(p.Client.r, nil) //nolint:bodyclose // a 101 has no body, and after any other response the connection is closed
	if err == nil && p.Response.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New("the proxy responds with " + p.Response.Status)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	select {
	case p.Backend = <-arrived:
	case <-time.After(timeout):
		return nil, errors.Join(errors.New("the proxy did not connect to the backend"), conn.Close())
	}
	p.Backend.Timeout = timeout
	b.mu.Lock()
	defer b.mu.Unlock()
	p.Request = b.requests[path]
	delete(b.requests, path) // a test of memory opens many pairs
	delete(b.expected, path)
	return p, nil
}

// Close closes both connections.
func (p *Pair) Close() {
	_ = p.Client.Conn.Close()
	_ = p.Backend.Conn.Close()
}

// Play performs the steps of a case. It returns the steps in which something is seen, with
// what was actually seen. The error is that of the first step that failed.
func (p *Pair) Play(c Case) (seen []Step, err error) {
	for _, step := range c.Steps {
		w := p.Backend
		if step.Client {
			w = p.Client
		}
		if !step.Sees {
			if err := w.Do(step.What); err != nil {
				return seen, fmt.Errorf("%v: %w", step, err)
			}
			continue
		}
		got := step
		got.What = w.See()
		seen = append(seen, got)
	}
	return seen, nil
}

// Differences compares the result of Play with the case. It returns one line for each
// difference.
func (c Case) Differences(seen []Step) (lines []string) {
	i := 0
	for _, step := range c.Steps {
		if !step.Sees {
			continue
		}
		switch {
		case i == len(seen):
			return append(lines, step.String()+": was not reached")
		case seen[i] != step:
			lines = append(lines, fmt.Sprintf("%v; it saw %s", step, seen[i].What))
		}
		i++
	}
	return lines
}
