package interop_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
)

// end is our end of a connection.
type end interface {
	send(t *testing.T, m message)
	receive(t *testing.T) message
	close(t *testing.T, s websocket.Status)
	outcome(t *testing.T) websocket.Outcome
	closeNow()
}

// connection is a connection between our end and a peer.
type connection struct {
	end
	conn      *websocket.Conn // nil in the role served
	transport *net.TCPConn    // our transport, with a separate descriptor
	ended     <-chan report   // receives the peer's report
}

// connect opens a connection.
func (p pair) connect(t *testing.T, opts websocket.Options) *connection {
	t.Helper()
	if p.compressed {
		opts.Compression = &websocket.CompressionOptions{}
	}
	if p.role == dialled {
		return p.connectToServer(t, opts)
	}
	return p.connectClient(t, opts)
}

// connectToServer connects our client to the peer's server.
func (p pair) connectToServer(t *testing.T, opts websocket.Options) *connection {
	t.Helper()
	url, ended := p.serve(t, p.variant)
	m := &connection{ended: ended}
	options := &websocket.DialOptions{Options: opts, Proxy: websocket.NoProxy}
	options.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			m.transport, err = duplicate(nc)
		}
		return nc, err
	}
	c, err := websocket.Dial(within(t), url, options)
	if err != nil {
		t.Fatalf("our client cannot connect to the server of %s: %v", p.name, err)
	}
	t.Cleanup(c.CloseNow)
	t.Cleanup(func() { _ = m.transport.Close() })
	m.conn, m.end = c, connEnd{c}
	return m
}

// connectClient connects the peer's client to our server.
func (p pair) connectClient(t *testing.T, opts websocket.Options) *connection {
	t.Helper()
	transports, ends := make(chan *net.TCPConn, 1), make(chan *connection, 1)
	var handler http.Handler
	if p.role == accepted {
		handler = acceptTo(t, ends, opts)
	} else {
		handler = serveTo(t, ends, opts)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		second, err := duplicate(nc)
		if err != nil {
			t.Error(err)
		}
		select {
		case transports <- second:
		default:
			_ = second.Close()
		}
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	ended := p.dial(t, strings.Replace(server.URL, "http:", "ws:", 1)+"/", p.variant)
	select {
	case m := <-ends:
		m.transport, m.ended = <-transports, ended
		t.Cleanup(func() { _ = m.transport.Close() })
		return m
	case r := <-ended:
		t.Fatalf("the client of %s does not connect; it reports %+v", p.name, r)
	case <-within(t).Done():
		t.Fatalf("the client of %s does not connect", p.name)
	}
	return nil
}

// acceptTo returns a handler that accepts a connection and sends it to ends.
func acceptTo(t *testing.T, ends chan<- *connection, opts websocket.Options) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Options: opts, Origins: anyOrigin})
		if err != nil {
			t.Errorf("Accept returns %v", err)
			return
		}
		t.Cleanup(c.CloseNow)
		ends <- &connection{conn: c, end: connEnd{c}}
	}
}

// anyOrigin admits clients that send the origin of a page.
var anyOrigin, _ = handshake.NewOriginPolicy("*")

// serveTo returns a server of the runtime that sends its connection to ends.
func serveTo(t *testing.T, ends chan<- *connection, opts websocket.Options) *linger.Server {
	e := socketEnd{messages: make(chan message, 1), closed: make(chan websocket.Outcome, 1)}
	return linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			s, err := u.Accept(linger.AcceptOptions{})
			if err != nil {
				t.Errorf("Accept of the upgrade returns %v", err)
				return
			}
			t.Cleanup(s.CloseNow)
			e.socket = s
			ends <- &connection{end: e}
		},
		OnMessage: func(m *linger.Message) { e.messages <- message{m.Binary, m.Data} },
		OnClose:   func(c *linger.Close) { e.closed <- c.Outcome },
	}, linger.Options{Options: opts, Origins: anyOrigin, SendQueue: 4 << 20})
}

// connEnd is our end as a connection of the library.
type connEnd struct{ conn *websocket.Conn }

func (e connEnd) send(t *testing.T, m message) {
	t.Helper()
	if err := e.conn.Write(within(t), m.opcode(), m.data); err != nil {
		t.Fatalf("Write returns %v", err)
	}
}

func (e connEnd) receive(t *testing.T) message {
	t.Helper()
	op, data, err := e.conn.Read(within(t))
	if err != nil {
		t.Fatalf("Read returns %v, expected a message", err)
	}
	return message{op == websocket.Binary, data}
}

func (e connEnd) close(t *testing.T, s websocket.Status) {
	t.Helper()
	err := e.conn.Close(s.Code, s.Reason)
	if end, ok := e.conn.Outcome(); !ok || end.Clean != (err == nil) {
		t.Errorf("Close returns %v with the outcome %+v, expected an error unless it is clean", err, end)
	}
}

// outcome reads until the connection ends, like an application, because unread input would make the peer wait.
func (e connEnd) outcome(t *testing.T) websocket.Outcome {
	t.Helper()
	if op, data, err := e.conn.Read(within(t)); err == nil {
		t.Errorf("Read returns %v, expected the end of the connection", message{op == websocket.Binary, data})
	}
	select {
	case <-e.conn.Done():
	case <-within(t).Done():
		t.Fatal("our connection does not end")
	}
	end, _ := e.conn.Outcome()
	return end
}

// socketEnd is our end as a connection of the runtime.
type socketEnd struct {
	socket   *linger.Socket
	messages chan message
	closed   chan websocket.Outcome
}

func (e socketEnd) send(t *testing.T, m message) {
	t.Helper()
	if err := e.socket.Send(linger.Payload{Data: m.data, Binary: m.binary}); err != nil {
		t.Fatalf("Send returns %v", err)
	}
}

func (e socketEnd) receive(t *testing.T) message {
	t.Helper()
	select {
	case m := <-e.messages:
		return m
	case end := <-e.closed:
		t.Fatalf("the connection ends with %+v, expected a message", end)
	case <-within(t).Done():
		t.Fatal("no message arrives from the peer")
	}
	return message{}
}

func (e socketEnd) close(t *testing.T, s websocket.Status) {
	t.Helper()
	if err := e.socket.Close(s.Code, s.Reason); err != nil {
		t.Fatalf("Close returns %v", err)
	}
}

func (e socketEnd) outcome(t *testing.T) websocket.Outcome {
	t.Helper()
	select {
	case end := <-e.closed:
		return end
	case <-within(t).Done():
		t.Fatal("our socket has no close event")
	}
	return websocket.Outcome{}
}

func (e connEnd) closeNow() { e.conn.CloseNow() }

func (e socketEnd) closeNow() { e.socket.CloseNow() }

// within returns a context with the timeout of a wait.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	t.Cleanup(cancel)
	return ctx
}
