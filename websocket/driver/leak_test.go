package driver

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func readToEnd(_ *testing.T, c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }

func sendAndRead(b []byte) func(*testing.T, *net.TCPConn) {
	return func(t *testing.T, c *net.TCPConn) {
		_, _ = c.Write(b)
		readToEnd(t, c)
	}
}

// kindsOfEnd are the ways in which a connection can end. server is called with the first
// message.
var kindsOfEnd = map[string]struct {
	secure bool
	opts   Options
	server func(c *Driver)
	client func(t *testing.T, c *net.TCPConn)
}{
	"clean by the client": {client: sendAndRead(wiretest.CloseFrame(1000, ""))},
	"clean by the server": {
		server: func(c *Driver) { _ = c.Close(1000, "") },
		client: sendAndRead(append(wiretest.TextFrame("go"), wiretest.CloseFrame(1000, "")...)),
	},
	"violation": {client: sendAndRead(wiretest.Violation())},
	"EOF": {client: func(t *testing.T, c *net.TCPConn) {
		_ = c.CloseWrite()
		readToEnd(t, c)
	}},
	"reset": {client: func(_ *testing.T, c *net.TCPConn) {
		_ = c.SetLinger(0)
		_ = c.Close()
	}},
	"CloseNow": {server: (*Driver).CloseNow, client: sendAndRead(wiretest.TextFrame("go"))},
	"close timeout": {
		opts:   Options{CloseTimeout: wiretest.LeakBound},
		server: func(c *Driver) { _ = c.Close(1000, "") },
		client: sendAndRead(wiretest.TextFrame("go")),
	},
	"linger timeout": {
		opts:   Options{LingerTimeout: wiretest.LeakBound},
		client: sendAndRead(wiretest.CloseFrame(1000, "")),
	},
	"clean over TLS": {secure: true, client: func(_ *testing.T, c *net.TCPConn) {
		client := tls.Client(c, wiretest.ClientConfig())
		_, _ = client.Write(wiretest.CloseFrame(1000, ""))
		_, _ = io.Copy(io.Discard, client)
	}},
	"half-open timeout": {
		opts:   Options{HalfOpen: true, HalfOpenTimeout: wiretest.LeakBound, LingerTimeout: wiretest.LeakBound},
		client: sendAndRead(wiretest.CloseFrame(1000, "")),
	},
}

func TestDriverEndLeaksNothing(t *testing.T) {
	config := wiretest.ServerConfig(t)
	for name, kind := range kindsOfEnd {
		t.Run(name, func(t *testing.T) {
			fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			addr, count := listener.Addr().String(), 1000
			if kind.secure {
				count = 100 // a handshake of TLS is slow under the race detector
				listener = tls.NewListener(listener, config)
			}
			var ended sync.WaitGroup
			ended.Add(count)
			go acceptAll(listener, kind.opts, kind.server, &ended)
			clients := openMany(t, addr, count, kind.client)
			ended.Wait() // while the clients have not closed
			for _, c := range clients {
				_ = c.Close()
			}
			_ = listener.Close()
			wiretest.WantNothingLeft(t, fds, goroutines)
		})
	}
}

// acting is a handler that calls act with each message.
type acting struct {
	*ends
	act func(*Driver)
}

func (a *acting) Events(d *Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(protocol.Event) { a.act(d) })
}

func acceptAll(listener net.Listener, opts Options, act func(*Driver), ended *sync.WaitGroup) {
	for {
		nc, err := listener.Accept()
		if err != nil {
			return
		}
		c := New(nc, protocol.Server, nil, opts)
		e := &acting{newEnds(), act}
		c.Start(e)
		go func() {
			<-e.end
			if opts.LingerTimeout > 0 { // the others linger until the client has closed
				<-c.Done()
			}
			ended.Done()
		}()
	}
}

// openAtOnce is the number of connections that openMany opens at a time.
const openAtOnce = 200

// openMany opens connections, openAtOnce at a time, and calls act with each.
func openMany(t *testing.T, addr string, count int, act func(*testing.T, *net.TCPConn)) []net.Conn {
	clients := make([]net.Conn, count)
	var all sync.WaitGroup
	for worker := range openAtOnce {
		all.Go(func() {
			for i := worker; i < len(clients); i += openAtOnce {
				nc, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				clients[i] = nc
				act(t, nc.(*net.TCPConn))
			}
		})
	}
	all.Wait()
	return clients
}

func TestAcceptRefusalLeaksNothing(t *testing.T) {
	fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := Accept(w, r, nil); err == nil {
			t.Error("a request without a key must be refused")
		}
	}))
	bad := "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\n\r\n"
	clients := openMany(t, server.Listener.Addr().String(), 1000, sendAndRead([]byte(bad)))
	for _, c := range clients {
		_ = c.Close()
	}
	server.Close()
	wiretest.WantNothingLeft(t, fds, goroutines)
}
