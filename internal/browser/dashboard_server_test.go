package browser_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/admin/dashboard"
	"github.com/lingerws/linger/websocket"
)

// site is a server that echoes messages, and its administration with the dashboard, in this process.
type site struct {
	*linger.Server
	t        *testing.T
	recorder *admin.Recorder
	options  admin.Options
	ws       string // the URL of the server
	url      string // the URL of the dashboard
	stop     func() // stops the administration
}

// startSite starts a site. The token may be empty.
func startSite(t *testing.T, token string) *site {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	s := &site{t: t, recorder: admin.NewRecorder()}
	s.Server = linger.NewServer(linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{Channels: u.Request.URL.Query()["channel"]}) // fails if the client has gone
		},
		OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) }, // fails if the client has gone
	}, linger.Options{Trace: s.recorder.Trace(), Stats: true, Node: "n1", Logger: quiet})
	s.options = admin.Options{
		Server: s.Server, Recorder: s.recorder, Token: token, Version: "v1.2.3", App: "/srv/app.ts", Runtime: "embedded",
		Dashboard: dashboard.Handler(), Logger: quiet,
		Workers: func() []admin.Worker {
			return []admin.Worker{
				{Worker: 0, State: "running", Generation: 2, Connections: 3, Process: 4711},
				{Worker: 1, State: "backing off", Reason: "the engine has failed 3 times", Generation: 2, Failures: 3},
			}
		},
		Reload: func(context.Context) (any, error) { return nil, errors.New("app.ts:12:7: Expected identifier") },
		Drain:  s.drain,
	}
	url, _ := serve(t, s.Server, "127.0.0.1:0")
	s.ws = "ws" + strings.TrimPrefix(url, "http")
	s.administer("127.0.0.1:0")
	t.Cleanup(func() { s.stop() })
	return s
}

// administer starts the administration.
func (s *site) administer(address string) {
	handler := admin.New(s.options)
	url, stop := serve(s.t, handler, address)
	s.url = url
	s.stop = func() {
		stop()
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		_ = handler.Shutdown(ctx) // what is left ends with the test
	}
}

// serve serves a handler at an address, and returns its URL and what stops it.
func serve(t *testing.T, h http.Handler, address string) (url string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := websocket.NewHTTPServer(h)
	go func() { _ = websocket.Serve(server, listener) }() // returns when it is stopped
	stop = func() { _ = server.Close() }
	t.Cleanup(stop)
	return "http://" + listener.Addr().String(), stop
}

// drain drains the server as a request says.
func (s *site) drain(r admin.DrainRequest) error {
	options := linger.DrainOptions{Share: *r.Share, Spread: time.Duration(*r.Spread * float64(time.Second))}
	_, err := s.StartDrain(context.Background(), options)
	return err
}

// client is a client of the site.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

// connect connects a client. The path may have a query.
func (s *site) connect(path string, header ...string) client {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	fields := http.Header{}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		fields.Set(name, value)
	}
	conn, err := websocket.Dial(ctx, s.ws+path, &websocket.DialOptions{Header: fields})
	if err != nil {
		s.t.Fatalf("connecting to %s: %v", path, err)
	}
	s.t.Cleanup(conn.CloseNow)
	return client{s.t, conn}
}

func (c client) send(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := c.conn.Write(ctx, websocket.Text, []byte(text)); err != nil {
		c.t.Fatalf("sending %q: %v", text, err)
	}
}

// want waits until the client has received a message, such as "text hello" or "binary \x01", or the end of the connection,
// such as "closed 4000 bye". Other messages are skipped.
func (c client) want(want string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		kind, data, err := c.conn.Read(ctx)
		got := "text " + string(data)
		if kind == websocket.Binary {
			got = "binary " + string(data)
		}
		if err != nil {
			end, _ := c.conn.Outcome()
			got = strings.TrimSpace(fmt.Sprintf("closed %d %s", end.Received.Code, end.Received.Reason))
		}
		if got == want {
			return
		}
		if err != nil {
			c.t.Fatalf("the client has not received %q, but %s: %v", want, got, err)
		}
	}
}

// id returns the id of the only connection of the site that has a path.
func (s *site) id(path string) string {
	s.t.Helper()
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for socket := range s.Sockets("") {
			if socket.URL().Path == path {
				return socket.ID()
			}
		}
	}
	s.t.Fatalf("no connection with the path %s", path)
	return ""
}
