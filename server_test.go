package linger_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger"
)

// raw sends a request as it is and reads the answer.
func (c *client) raw(request string) *http.Response {
	c.t.Helper()
	c.write([]byte(request))
	return c.answer()
}

func TestBadHandshakeIsRefusedBeforeTheHandler(t *testing.T) {
	good := upgradeRequest()
	for name, c := range map[string]struct {
		request string
		want    int
	}{
		"no key":          {strings.Replace(good, "Sec-WebSocket-Key", "X-Key", 1), http.StatusBadRequest},
		"short key":       {strings.Replace(good, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 1), http.StatusBadRequest},
		"another version": {strings.Replace(good, "Version: 13", "Version: 8", 1), http.StatusUpgradeRequired},
		"POST":            {strings.Replace(good, "GET", "POST", 1), http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{OnUpgrade: func(*linger.Upgrade) {
					t.Error("the handler does not see a bad handshake; it did")
				}}, linger.Options{})
				r := s.client().raw(c.request)
				if r.StatusCode != c.want {
					t.Errorf("it is refused with %d; got %s", c.want, r.Status)
				}
				if version := r.Header.Get("Sec-Websocket-Version"); r.StatusCode == http.StatusUpgradeRequired && version != "13" {
					t.Errorf("another version is told of 13 (RFC 6455, section 4.4); got %q", version)
				}
				s.wantEmpty()
				s.wantNoEnd()
			})
		})
	}
}

func TestRequestsThatAreNoUpgrade(t *testing.T) {
	good := upgradeRequest()
	for name, request := range map[string]string{
		"plain":           "GET / HTTP/1.1\r\nHost: linger.test\r\n\r\n",
		"another upgrade": strings.Replace(good, "Upgrade: websocket", "Upgrade: h2c", 1),
		"no GET":          strings.Replace(strings.Replace(good, "Connection: Upgrade", "Connection: keep-alive", 1), "GET", "PUT", 1),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				unseen := linger.HandlerFuncs{OnUpgrade: func(*linger.Upgrade) { t.Error("the handler sees upgrade requests only") }}
				r := serve(t, unseen, linger.Options{}).client().raw(request)
				if r.StatusCode != http.StatusUpgradeRequired || r.Header.Get("Upgrade") != "websocket" {
					t.Errorf("without a fallback the answer is 426 with Upgrade (RFC 9110, section 15.5.22); got %s, %v", r.Status, r.Header)
				}
				fallback := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
				r = serve(t, unseen, linger.Options{Fallback: fallback}).client().raw(request)
				if body, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusOK || string(body) != "page" {
					t.Errorf("Options.Fallback serves it; got %s, %q", r.Status, body)
				}
			})
		})
	}
}

func TestConnectionsHaveTheirOwnReplies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			if m.Server.Socket(m.Socket.ID()) != m.Socket {
				t.Error("an event names its socket and server; it names others")
			}
			echo(m)
		}}, linger.Options{})
		a, b := s.connect(), s.connect()
		a.text("for a")
		b.binary([]byte{0, 1, 0xff})
		a.want("text for a")
		b.want("binary \x00\x01\xff")
		if n := s.Count(); n != 2 {
			t.Errorf("two are connected; got %d", n)
		}
		a.leave()
		s.end()
		b.text("still here")
		b.want("text still here")
	})
}

func TestRealTCP(t *testing.T) {
	s := serveTCP(t, linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
			_ = socket.Send(linger.Text("welcome"))
		},
		OnMessage: func(m *linger.Message) {
			echo(m)
			_, _ = m.Server.Publish("lobby", linger.Text("somebody spoke"))
		},
	}, linger.Options{})
	a, b := s.connect(), s.connect()
	a.want("text welcome")
	b.want("text welcome")
	a.text(text(200 << 10))
	a.want("text "+text(200<<10), "text somebody spoke")
	b.want("text somebody spoke")
	a.close(4001, "bye")
	a.want("close 4001 bye", "EOF")
	if end := s.end(); !end.Clean || end.Received.Code != 4001 {
		t.Errorf("the end is clean; got %+v", end.Outcome)
	}
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(t.Context()) }()
	b.want("close 1001 server shutting down")
	b.close(1001, "")
	b.want("EOF")
	if err := <-done; err != nil {
		t.Errorf("the shutdown ends with the last close event; got %v", err)
	}
}
