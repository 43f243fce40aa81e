package linger_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestServerLogsRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		opts    linger.Options
		request string
		want    string
	}{
		"origin":          {linger.Options{}, upgradeRequest("Origin: https://evil.example"), "reason=origin status=403"},
		"handshake":       {linger.Options{}, strings.Replace(upgradeRequest(), "Version: 13", "Version: 8", 1), "reason=version status=426"},
		"method":          {linger.Options{}, strings.Replace(upgradeRequest(), "GET", "PUT", 1), "reason=method status=405"},
		"connections":     {linger.Options{MaxConnections: 1}, upgradeRequest(), "reason=max-connections status=503"},
		"of one address":  {linger.Options{MaxPerAddress: 1, TrustedProxies: prefixes("0.0.0.0/0", "::/0")}, upgradeRequest("X-Forwarded-For: 203.0.113.1"), "reason=max-per-address status=429"},
		"requests per s.": {linger.Options{UpgradeRate: 1}, upgradeRequest(), "reason=upgrade-rate status=503"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				kept, log := journal(slog.LevelInfo)
				opts := c.opts
				opts.Logger = kept.Logger
				s := serve(t, linger.HandlerFuncs{}, opts)
				if name != "origin" && name != "handshake" && name != "method" {
					s.client().raw(c.request) // takes the room
				}
				s.client().raw(c.request)
				synctest.Wait()
				if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), c.want) ||
					!strings.Contains(log.String(), "remote=") || !strings.Contains(log.String(), "detail=") {
					t.Errorf("the log has one line, with %s, remote and detail; it has:\n%s", c.want, log)
				}
			})
		})
	}
}

func TestServerLogsAbnormalEnds(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(c *client, socket *linger.Socket)
		want string
	}{
		"no Close":    {func(c *client, _ *linger.Socket) { _ = c.nc.Close() }, "cause=eof sent=1006 received=1006"},
		"violation":   {func(c *client, _ *linger.Socket) { c.write([]byte{0xF1, 0x80, 0, 0, 0, 0}) }, "cause=violation sent=1002"},
		"too big":     {func(c *client, _ *linger.Socket) { c.text(text(101)) }, "cause=violation sent=1009"},
		"slow reader": {func(_ *client, socket *linger.Socket) { overflow(socket) }, "cause=slow"},
		"stalled": {func(_ *client, socket *linger.Socket) {
			_ = socket.Send(linger.Text(text(3000)))
			time.Sleep(time.Minute)
		}, "cause=stalled"},
		"cut": {func(_ *client, socket *linger.Socket) { socket.CloseNow() }, "cause=abort"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				opts, log := journal(slog.LevelInfo)
				opts.SendQueue, opts.MaxMessage = 5000, 100
				sockets := make(chan *linger.Socket, 1)
				s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)}, opts)
				visitor := s.connect()
				visitor.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(100)
				socket := <-sockets
				synctest.Wait() // until the upgrade is complete; before, sends are pending and no policy applies
				c.act(visitor, socket)
				time.Sleep(10 * time.Second)
				_ = visitor.nc.Close()
				s.end()
				synctest.Wait()
				if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), c.want) ||
					!strings.Contains(log.String(), "level=INFO") || !strings.Contains(log.String(), "connection="+socket.ID()) {
					t.Errorf("the log has one line, with %s and the connection; it has:\n%s", c.want, log)
				}
			})
		})
	}
}

func TestServerLogsNormalEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts, log := journal(slog.LevelDebug)
		s := serve(t, linger.HandlerFuncs{}, opts)
		s.connect().leave()
		s.end()
		synctest.Wait()
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "level=DEBUG") || !strings.Contains(log.String(), "cause=close") {
			t.Errorf("the log has one line, with level debug; it has:\n%s", log)
		}
	})
}

func TestServerLogLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts, log := journal(slog.LevelInfo)
		s := serve(t, linger.HandlerFuncs{}, opts)
		for i := range 100 {
			s.client().raw(upgradeRequest(fmt.Sprintf("Origin: https://evil%d.example", i)))
		}
		s.client().raw(strings.Replace(upgradeRequest(), "Version: 13", "Version: 8", 1))
		synctest.Wait()
		if n := strings.Count(log.String(), "reason=origin"); n != 10 {
			t.Errorf("ten lines of a kind in a minute; got %d", n)
		}
		if !strings.Contains(log.String(), "reason=version") {
			t.Error("one kind does not hide another; it does")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !strings.Contains(log.String(), "reason=origin suppressed=90") {
			t.Errorf("the others are counted; the log is:\n%s", log)
		}
		log.Reset()
		s.client().raw(upgradeRequest("Origin: https://evil.example"))
		synctest.Wait()
		if n := strings.Count(log.String(), "status=403"); n != 1 {
			t.Errorf("a minute later lines are logged again; got %d", n)
		}
	})
}

func TestServerLogsMissingHijack(t *testing.T) {
	opts, log := journal(slog.LevelInfo)
	s := linger.NewServer(linger.HandlerFuncs{}, opts)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(transparent{stiff{w}}, r)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "stiff") {
		t.Errorf("the client gets 500 and no internal text; got %d %q", w.Code, w.Body)
	}
	for _, part := range []string{"level=ERROR", "linger_test.stiff", "Hijack", "Unwrap"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log names %s; it has:\n%s", part, log)
		}
	}
}

// transparent is the writer of a middleware, with Unwrap.
type transparent struct{ http.ResponseWriter }

func (w transparent) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestServerAccessLog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, err := u.Accept(linger.AcceptOptions{})
				if err == nil {
					err = socket.Send(linger.Text("early"))
				}
				if err != nil {
					t.Error(err)
				}
			},
			OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
		}, linger.Options{AccessLog: slog.New(slog.NewTextHandler(&log, nil)), AccessHeaders: []string{"User-Agent", "X-Request-Id", "Referer"}})
		c := s.connect("User-Agent: test 1", "X-Request-ID: 7")
		c.want("text early")
		c.text("one")
		c.binary([]byte("three"))
		c.want("text one", "binary three")
		time.Sleep(time.Minute)
		c.close(4001, "bye")
		s.end()
		got := log.String()
		for _, part := range []string{
			"level=INFO msg=connection remote=", " path=/chat connection=", " cause=close initiator=client sent=4001 received=4001 duration=1m0",
			" messages_in=2 bytes_in=8 messages_out=3 bytes_out=13 header.User-Agent=\"test 1\" header.X-Request-Id=7\n",
		} {
			if !strings.Contains(got, part) {
				t.Errorf("the line has %q; it is %q", part, got)
			}
		}
		if strings.Contains(got, "room") || strings.Count(got, "\n") != 1 {
			t.Errorf("there is one line, without the query; got %q", got)
		}
	})
}

func TestServerAccessLogOfLostConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		s := serve(t, linger.HandlerFuncs{}, linger.Options{AccessLog: slog.New(slog.NewTextHandler(&log, nil))})
		c := s.connect()
		_ = c.nc.Close()
		if end := s.end(); end.Received.Code != protocol.CloseAbnormal {
			t.Fatalf("no Close has come; got %v", end.Received)
		}
		if got := log.String(); !strings.Contains(got, " initiator=neither sent=1006 received=1006 ") {
			t.Errorf("a connection that is lost has a line as well; got %q", got)
		}
	})
}
