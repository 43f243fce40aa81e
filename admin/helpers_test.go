package admin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/websocket"
)

// patience bounds what a test waits for. A test that passes does not wait for it.
const patience = time.Minute

// fixture is a server, and its administration, on real TCP.
type fixture struct {
	*linger.Server
	t        testing.TB
	recorder *admin.Recorder
	handler  *admin.Handler
	ws       string // the URL of the server
	url      string // the URL of its administration
	header   http.Header
}

// start starts a server that echoes messages, and its administration. configure, which may be nil, changes the options.
func start(t testing.TB, configure func(*linger.Options, *admin.Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, recorder: admin.NewRecorder(), header: http.Header{}}
	server := linger.Options{Trace: f.recorder.Trace(), Stats: true, Logger: slog.New(slog.DiscardHandler), Node: "test"}
	options := admin.Options{Recorder: f.recorder, Logger: slog.New(slog.DiscardHandler), Version: "v1"}
	if configure != nil {
		configure(&server, &options)
	}
	f.Server = linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{Channels: u.Request.URL.Query()["channel"]})
		},
		OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
	}, server)
	options.Server = f.Server
	f.handler = admin.New(options)
	f.ws = "ws" + strings.TrimPrefix(listen(t, f.Server), "http")
	f.url = listen(t, f.handler)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = f.handler.Shutdown(ctx)
	})
	return f
}

// listen serves a handler and returns its URL.
func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := websocket.NewHTTPServer(h)
	go func() { _ = websocket.Serve(web, l) }()
	t.Cleanup(func() { _ = web.Close() })
	return "http://" + l.Addr().String()
}

// client connects a client to the server. The path may have a query.
func (f *fixture) client(path string) *peer { return f.dial(f.ws+path, nil) }

// feed opens a WebSocket of the administration.
func (f *fixture) feed(path string) *peer {
	return f.dial("ws"+strings.TrimPrefix(f.url, "http")+path, f.header)
}

func (f *fixture) dial(url string, header http.Header) *peer {
	return f.dialWith(url, &websocket.DialOptions{Header: header})
}

// slowFeed is feed, with a small receive buffer, so that events that are not read soon fill the queues of the server.
func (f *fixture) slowFeed(path string) *peer {
	return f.dialWith("ws"+strings.TrimPrefix(f.url, "http")+path, &websocket.DialOptions{
		Header: f.header,
		NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if tcp, ok := conn.(*net.TCPConn); ok {
				err = tcp.SetReadBuffer(64 << 10)
			}
			return conn, err
		},
	})
}

func (f *fixture) dialWith(url string, options *websocket.DialOptions) *peer {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := websocket.Dial(ctx, url, options)
	if err != nil {
		f.t.Fatalf("a WebSocket is accepted at %s; got %v", url, err)
	}
	f.t.Cleanup(conn.CloseNow)
	return &peer{f.t, conn}
}

// peer is a client.
type peer struct {
	t    testing.TB
	conn *websocket.Conn
}

func (p *peer) send(text string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.conn.Write(ctx, websocket.Text, []byte(text)); err != nil {
		p.t.Fatalf("the server takes a message; got %v", err)
	}
}

// next returns the next message, as "text hello" or "binary hello", or "closed 1000 bye".
func (p *peer) next() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	kind, message, err := p.conn.Read(ctx)
	if end, ended := p.conn.Outcome(); err != nil && ended {
		return strings.TrimSpace(fmt.Sprintf("closed %d %s", end.Received.Code, end.Received.Reason))
	}
	if err != nil {
		p.t.Fatalf("a message or the end comes; got %v", err)
	}
	if kind == websocket.Binary {
		return "binary " + string(message)
	}
	return "text " + string(message)
}

func (p *peer) want(want string) {
	p.t.Helper()
	if got := p.next(); got != want {
		p.t.Fatalf("the client receives %q; got %q", want, got)
	}
}

// event returns the next event of a tail.
func (p *peer) event() admin.Event { return read[admin.Event](p) }

// read returns the next message as JSON.
func read[T any](p *peer) (value T) {
	p.t.Helper()
	text, ok := strings.CutPrefix(p.next(), "text ")
	if !ok {
		p.t.Fatalf("a message is JSON as text; got %q", text)
	}
	if err := decode(text, &value); err != nil {
		p.t.Fatalf("a message is a JSON object; got %v in %s", err, text)
	}
	return value
}

// decode decodes JSON that has no other fields than a type.
func decode(text string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// answer is the answer to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request. Lines of the header are such as "Origin: http://example.com".
func (f *fixture) do(method, path, body string, header ...string) answer {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header = f.header.Clone()
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		f.t.Fatalf("%s %s is answered; got %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatalf("%s %s has a whole answer; got %v", method, path, err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// wantStatus sends a request and fails the test unless the answer has the status. It returns the answer's body.
func (f *fixture) wantStatus(want int, method, path, body string, header ...string) string {
	f.t.Helper()
	got := f.do(method, path, body, header...)
	if got.status != want {
		f.t.Errorf("%s %s is answered with %d; got %d: %s", method, path, want, got.status, got.body)
	}
	return got.body
}

// wantError sends a request and fails the test unless it is answered with an error with this status and code.
func (f *fixture) wantError(status int, code, method, path, body string, header ...string) {
	f.t.Helper()
	text := f.wantStatus(status, method, path, body, header...)
	var got struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil || got.Error.Code != code || got.Error.Message == "" {
		f.t.Errorf("%s %s is refused with the code %s and a message; got %s", method, path, code, text)
	}
}

// get decodes the answer to a request, which must be 200.
func get[T any](f *fixture, path string) (value T) {
	f.t.Helper()
	text := f.wantStatus(http.StatusOK, http.MethodGet, path, "")
	if err := decode(text, &value); err != nil {
		f.t.Errorf("the answer to %s is the documented JSON; got %v in %s", path, err, text)
	}
	return value
}

// only returns the id of the only connection.
func (f *fixture) only() string {
	f.t.Helper()
	list := get[admin.ConnectionList](f, "/v1/connections")
	if len(list.Connections) != 1 {
		f.t.Fatalf("one connection is listed; got %+v", list)
	}
	return list.Connections[0].ID
}

// eventually fails the test unless a condition becomes true.
func (f *fixture) eventually(what string, condition func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("%s: it did not happen within %v", what, patience)
		}
	}
}
