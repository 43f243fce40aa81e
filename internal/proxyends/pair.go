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

// Backend is where a proxy has to send its clients.
type Backend struct {
	listener net.Listener

	mu       sync.Mutex
	expected map[string]chan *Wire // by the path of the request
	requests map[string]*http.Request
	next     int
}

// NewBackend begins to listen on the loopback.
func NewBackend() (*Backend, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &Backend{listener: l, expected: map[string]chan *Wire{}, requests: map[string]*http.Request{}}
	go b.run()
	return b, nil
}

// Addr returns the address, with its port.
func (b *Backend) Addr() string { return b.listener.Addr().String() }

// Close ends the listening.
func (b *Backend) Close() { _ = b.listener.Close() }

func (b *Backend) run() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			return
		}
		go b.welcome(conn)
	}
}

// welcome accepts a connection, whoever has asked for it.
func (b *Backend) welcome(conn net.Conn) {
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

func (b *Backend) expect() (path string, arrived chan *Wire) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	path, arrived = fmt.Sprintf("/pair-%d", b.next), make(chan *Wire, 1)
	b.expected[path] = arrived
	return path, arrived
}

// Pair is a client and the backend it has reached through a proxy.
type Pair struct {
	Client, Backend *Wire
	Response        *http.Response // that the client got
	Request         *http.Request  // that the backend got
}

// Open connects a client by the proxy at an address, and finds its other side.
func (b *Backend) Open(proxy string, patience time.Duration) (*Pair, error) {
	path, arrived := b.expect()
	conn, err := net.Dial("tcp", proxy)
	if err != nil {
		return nil, err
	}
	p := &Pair{Client: newWire(conn, protocol.Client, patience)}
	_, _ = io.WriteString(conn, "GET "+path+"?x=1 HTTP/1.1\r\nHost: front\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: a=b\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	p.Response, err = http.ReadResponse(p.Client.r, nil) //nolint:bodyclose // a 101 has no body, and any other ends with the connection
	if err == nil && p.Response.StatusCode != http.StatusSwitchingProtocols {
		err = errors.New("the proxy answers " + p.Response.Status)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	select {
	case p.Backend = <-arrived:
	case <-time.After(patience):
		return nil, errors.Join(errors.New("the backend is not asked"), conn.Close())
	}
	p.Backend.Patience = patience
	b.mu.Lock()
	defer b.mu.Unlock()
	p.Request = b.requests[path]
	delete(b.requests, path) // who opens many compares memory
	delete(b.expected, path)
	return p, nil
}

// Close cuts what is left of both sides.
func (p *Pair) Close() {
	_ = p.Client.Conn.Close()
	_ = p.Backend.Conn.Close()
}

// Play plays a case to its end, and returns what was seen of what should be, line by
// line.
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

// Differences returns what was seen where something else should be, one line each.
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
