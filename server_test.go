package linger_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// raw sends a request as it is and reads the answer.
func (c *client) raw(request string) *http.Response {
	c.t.Helper()
	c.write([]byte(request))
	return c.answer()
}

func TestServerRefusesBadHandshakes(t *testing.T) {
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
					t.Errorf("the response to another version names version 13 (RFC 6455, section 4.4); got %q", version)
				}
				s.wantEmpty()
				s.wantNoEnd()
			})
		})
	}
}

func TestServerFallback(t *testing.T) {
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

func TestServerConnectionsAreSeparate(t *testing.T) {
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

func TestServerOnTCP(t *testing.T) {
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

// journal returns options with a logger, and its log.
func journal(level slog.Level) (linger.Options, *keptLog) {
	var log keptLog
	return linger.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))}, &log
}

// keptLog is a buffer that may be read while it is written.
type keptLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *keptLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *keptLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *keptLog) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

func TestServerRefusesInvalidURLs(t *testing.T) {
	good := upgradeRequest()
	for name, request := range map[string]string{
		"opaque target":       strings.Replace(good, "GET /chat?room=1", "GET mailto:x", 1),
		"scheme and port":     strings.Replace(good, "GET /chat?room=1", "GET evil:80", 1),
		"another scheme":      strings.Replace(good, "GET /chat?room=1", "GET ftp://linger.test/x", 1),
		"asterisk":            strings.Replace(good, "GET /chat?room=1", "GET *", 1),
		"open bracket":        strings.Replace(good, "Host: linger.test", "Host: [::1", 1),
		"port out of range":   strings.Replace(good, "Host: linger.test", "Host: a:99999", 1),
		"port that is a name": strings.Replace(good, "Host: linger.test", "Host: a:b", 1),
		"percent":             strings.Replace(good, "Host: linger.test", "Host: a%00b", 1),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				opts, log := journal(slog.LevelInfo)
				s := serve(t, linger.HandlerFuncs{OnUpgrade: func(*linger.Upgrade) { t.Error("the handler does not see it") }}, opts)
				if r := s.client().raw(request); r.StatusCode != http.StatusBadRequest {
					t.Errorf("it is answered with 400; got %s", r.Status)
				}
				synctest.Wait()
				if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "status=400") {
					t.Errorf("the log has one line for it; it has %q", log)
				}
			})
		})
	}
}

func TestSocketURLAbsoluteTarget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		seen := make(chan string, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			socket, _ := u.Accept(linger.AcceptOptions{})
			seen <- socket.URL().String()
		}}, linger.Options{})
		if r := s.client().raw(strings.Replace(upgradeRequest(), "GET /chat", "GET http://other.test:80/chat", 1)); r.StatusCode != 101 {
			t.Fatalf("it is accepted; got %s", r.Status)
		}
		if got := <-seen; got != "http://other.test:80/chat?room=1" { // RFC 9112, section 3.2.2: the field Host is ignored
			t.Errorf("the URL is that of the target; got %s", got)
		}
	})
}

func TestServerExplainsMissingConnectionField(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts, log := journal(slog.LevelInfo)
		opts.Fallback = http.NotFoundHandler()
		r := serve(t, linger.HandlerFuncs{}, opts).client().raw(strings.Replace(upgradeRequest(), "Connection: Upgrade", "Connection: keep-alive", 1))
		if body, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusUpgradeRequired || !strings.Contains(string(body), "Connection") {
			t.Errorf("it gets 426 and the field that is missing; got %s %q", r.Status, body)
		}
		synctest.Wait()
		if !strings.Contains(log.String(), "reason=connection") {
			t.Errorf("the log names what is missing; got %q", log)
		}
	})
}

// RFC 9113, section 8.2.2: curl and Safari show no answer that has one of these fields.
func TestServerAnswersHTTP2WithoutUpgrade(t *testing.T) {
	web := httptest.NewUnstartedServer(linger.NewServer(linger.HandlerFuncs{}, linger.Options{}))
	web.EnableHTTP2 = true
	web.StartTLS()
	defer web.Close()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		request, err := http.NewRequest(method, web.URL, nil) //nolint:noctx // the test ends it
		if err != nil {
			t.Fatal(err)
		}
		r, err := web.Client().Do(request)
		if err != nil {
			t.Fatalf("%s over HTTP/2 is answered; got %v", method, err)
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.ProtoMajor != 2 || r.StatusCode != http.StatusUpgradeRequired || !strings.Contains(string(body), "HTTP/1.1") {
			t.Errorf("%s over HTTP/2 gets 426 and a text with the remedy; got %s %s %q", method, r.Proto, r.Status, body)
		}
		if len(r.Header["Upgrade"])+len(r.Header["Connection"]) > 0 {
			t.Errorf("without Upgrade and Connection; got %v", r.Header)
		}
	}
	old := web.Client()
	old.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // of the test; HTTP/1.1
	r, err := old.Get(web.URL)                                                              //nolint:noctx // the test ends it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if r.ProtoMajor != 1 || r.Header.Get("Upgrade") != "websocket" {
		t.Errorf("over HTTP/1.1 the 426 has Upgrade (RFC 9110, section 15.5.22); got %s %v", r.Proto, r.Header)
	}
}

func TestServerRefusesExtendedConnect(t *testing.T) {
	opts, log := journal(slog.LevelInfo)
	opts.Fallback = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the fallback does not get it") })
	r := httptest.NewRequest(http.MethodConnect, "https://linger.test/chat", nil)
	r.ProtoMajor, r.ProtoMinor = 2, 0
	r.Header.Set(":protocol", "websocket")
	r.Header[":protocol"] = []string{"websocket"}
	w := httptest.NewRecorder()
	linger.NewServer(linger.HandlerFuncs{}, opts).ServeHTTP(w, r)
	if w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "HTTP/1.1") {
		t.Errorf("extended CONNECT gets 501 and what to do instead; got %d %q", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "reason=extended-connect") {
		t.Errorf("and a line in the log; it has %q", log)
	}
}

func TestServerSetAutoResponse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			if m.String() == "work" {
				time.Sleep(time.Minute)
			}
			echo(m)
		}}, quiet)
		if err := s.SetAutoResponse("ping", "pong"); err != nil {
			t.Fatal(err)
		}
		c := s.connect()
		c.text("ping")
		c.want("text pong")
		for _, other := range []string{"ping!", "Ping", "pin"} {
			c.text(other)
			c.want("text " + other)
		}
		c.binary([]byte("ping"))
		c.want("binary ping")
		c.text("work")
		c.text("next")
		began := time.Now()
		c.text("ping")
		c.want("text pong") // before those that wait for the handler
		if took := time.Since(began); took > 0 {
			t.Errorf("an auto response does not wait for the handler; it took %v", took)
		}
		c.want("text work", "text next")
		_ = s.SetAutoResponse("", "")
		c.text("ping")
		c.want("text ping")
	})
}

func TestServerSetAutoResponseBounds(t *testing.T) {
	s := linger.NewServer(linger.HandlerFuncs{}, linger.Options{})
	wantError(t, "a long request is refused", s.SetAutoResponse(text(2049), "x"), linger.ErrAutoResponse)
	wantError(t, "a long response is refused", s.SetAutoResponse("x", text(2049)), linger.ErrAutoResponse)
	wantError(t, "a response that is not UTF-8 is refused", s.SetAutoResponse("x", "\xff"), protocol.ErrText)
	wantError(t, "2,048 bytes are taken", s.SetAutoResponse(text(2048), text(2048)), nil)
}

// A client that sends requests and does not read the responses reads too slowly.
func TestServerAutoResponsePolicy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, _ := stuck(t, linger.PolicyBlock)
		_ = s.SetAutoResponse("ping", text(1<<10))
		for range 100 {
			c.text("ping")
		}
		synctest.Wait()
		if end := s.end(); end.Sent.Code != protocol.CloseTryAgainLater {
			t.Errorf("it is closed with 1013; got %+v", end.Outcome)
		}
	})
}

// quiet is for tests that take longer than the keep-alive interval.
var quiet = linger.Options{Options: websocket.Options{KeepAlive: -1}}

func TestServerAutoResponseOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, socket := stuck(t, linger.PolicyDrop)
		if err := s.SetAutoResponse("ping", "pong"); err != nil {
			t.Fatal(err)
		}
		_ = socket.Send(linger.Text("before"))
		c.text("ping")
		synctest.Wait()
		_ = socket.Send(linger.Text("after"))
		c.want("text before", "text pong", "text after")
		if err := s.Reload(context.Background(), linger.HandlerFuncs{}); err != nil {
			t.Error(err)
		}
		c.text("ping")
		c.want("text pong") // another handler changes nothing about it
	})
}

func TestServerAutoResponseFullQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, c, socket := stuck(t, linger.PolicyDrop)
		_ = s.SetAutoResponse("ping", "pong")
		taken, _ := fill(socket)
		c.text("ping")
		synctest.Wait()
		for range taken {
			c.want("text " + text(1<<10))
		}
		c.text("ping")
		c.want("text pong") // the first of the two is gone
		if n := c.r.Buffered(); n > 0 {
			t.Errorf("nothing else comes; got %d bytes", n)
		}
	})
}

func TestServerSetAutoResponseError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{}, quiet)
		_ = s.SetAutoResponse("ping", "pong")
		_ = s.SetAutoResponse("other", "\xff")
		_ = s.SetAutoResponse(text(2049), "x")
		c := s.connect()
		c.text("ping")
		c.want("text pong")
		_ = s.SetAutoResponse("ping", "")
		c.text("ping")
		c.want("text") // an empty response is one
	})
}
