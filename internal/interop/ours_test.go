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

// meeting is a connection between an end of ours and a peer.
type meeting struct {
	end
	conn      *websocket.Conn // nil in the role served
	transport *net.TCPConn    // below it, by a descriptor of the test's own
	ended     <-chan report   // the peer's
}

// meet opens a connection.
func (p pair) meet(t *testing.T, opts websocket.Options) *meeting {
	t.Helper()
	if p.compressed {
		opts.Compression = &websocket.CompressionOptions{}
	}
	if p.role == dialled {
		return p.meetServer(t, opts)
	}
	return p.meetClient(t, opts)
}

func (p pair) meetServer(t *testing.T, opts websocket.Options) *meeting {
	t.Helper()
	url, ended := p.serve(t, p.variant)
	m := &meeting{ended: ended}
	options := &websocket.DialOptions{Options: opts, Proxy: websocket.NoProxy}
	options.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		nc, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			m.transport, err = another(nc)
		}
		return nc, err
	}
	c, err := websocket.Dial(within(t), url, options)
	if err != nil {
		t.Fatalf("our client must reach the server of %s; got %v", p.name, err)
	}
	t.Cleanup(c.CloseNow)
	t.Cleanup(func() { _ = m.transport.Close() })
	m.conn, m.end = c, connEnd{c}
	return m
}

func (p pair) meetClient(t *testing.T, opts websocket.Options) *meeting {
	t.Helper()
	transports, ends := make(chan *net.TCPConn, 1), make(chan *meeting, 1)
	var handler http.Handler
	if p.role == accepted {
		handler = acceptTo(t, ends, opts)
	} else {
		handler = serveTo(t, ends, opts)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		second, err := another(nc)
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
		t.Fatalf("the client of %s must connect; it reports %+v", p.name, r)
	case <-within(t).Done():
		t.Fatalf("the client of %s must connect; it does not", p.name)
	}
	return nil
}

func acceptTo(t *testing.T, ends chan<- *meeting, opts websocket.Options) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Options: opts, Origins: anyOrigin})
		if err != nil {
			t.Errorf("our server must accept the peer's handshake; got %v", err)
			return
		}
		t.Cleanup(c.CloseNow)
		ends <- &meeting{conn: c, end: connEnd{c}}
	}
}

// anyOrigin admits clients that speak for a page.
var anyOrigin, _ = handshake.NewOriginPolicy("*")

func serveTo(t *testing.T, ends chan<- *meeting, opts websocket.Options) *linger.Server {
	e := socketEnd{messages: make(chan message, 1), closed: make(chan websocket.Outcome, 1)}
	return linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			s, err := u.Accept(linger.AcceptOptions{})
			if err != nil {
				t.Errorf("our server must accept the peer's handshake; got %v", err)
				return
			}
			t.Cleanup(s.CloseNow)
			e.socket = s
			ends <- &meeting{end: e}
		},
		OnMessage: func(m *linger.Message) { e.messages <- message{m.Binary, m.Data} },
		OnClose:   func(c *linger.Close) { e.closed <- c.Outcome },
	}, linger.Options{Options: opts, Origins: anyOrigin, SendQueue: 4 << 20})
}

// connEnd is a connection that is read and written.
type connEnd struct{ conn *websocket.Conn }

func (e connEnd) send(t *testing.T, m message) {
	t.Helper()
	if err := e.conn.Write(within(t), m.opcode(), m.data); err != nil {
		t.Fatalf("a message must be written; got %v", err)
	}
}

func (e connEnd) receive(t *testing.T) message {
	t.Helper()
	op, data, err := e.conn.Read(within(t))
	if err != nil {
		t.Fatalf("a message must come from the peer; got %v", err)
	}
	return message{op == websocket.Binary, data}
}

func (e connEnd) close(t *testing.T, s websocket.Status) {
	t.Helper()
	err := e.conn.Close(s.Code, s.Reason)
	if end, ok := e.conn.Outcome(); !ok || end.Clean != (err == nil) {
		t.Errorf("Close must return at the end, and nil for a clean one; got %v and %+v", err, end)
	}
}

// outcome reads on, as an application does: what is not read makes the peer wait.
func (e connEnd) outcome(t *testing.T) websocket.Outcome {
	t.Helper()
	if op, data, err := e.conn.Read(within(t)); err == nil {
		t.Errorf("the connection must end; got %v", message{op == websocket.Binary, data})
	}
	select {
	case <-e.conn.Done():
	case <-within(t).Done():
		t.Fatal("our connection must end; it does not")
	}
	end, _ := e.conn.Outcome()
	return end
}

// socketEnd is a connection of the runtime.
type socketEnd struct {
	socket   *linger.Socket
	messages chan message
	closed   chan websocket.Outcome
}

func (e socketEnd) send(t *testing.T, m message) {
	t.Helper()
	if err := e.socket.Send(linger.Payload{Data: m.data, Binary: m.binary}); err != nil {
		t.Fatalf("a message must be sent; got %v", err)
	}
}

func (e socketEnd) receive(t *testing.T) message {
	t.Helper()
	select {
	case m := <-e.messages:
		return m
	case end := <-e.closed:
		t.Fatalf("a message must come from the peer; got the end: %+v", end)
	case <-within(t).Done():
		t.Fatal("a message must come from the peer; none did")
	}
	return message{}
}

func (e socketEnd) close(t *testing.T, s websocket.Status) {
	t.Helper()
	if err := e.socket.Close(s.Code, s.Reason); err != nil {
		t.Fatalf("the closing handshake must start; got %v", err)
	}
}

func (e socketEnd) outcome(t *testing.T) websocket.Outcome {
	t.Helper()
	select {
	case end := <-e.closed:
		return end
	case <-within(t).Done():
		t.Fatal("our socket must get its close event; it does not")
	}
	return websocket.Outcome{}
}

func (e connEnd) closeNow() { e.conn.CloseNow() }

func (e socketEnd) closeNow() { e.socket.CloseNow() }

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
