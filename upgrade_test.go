package linger_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

func TestUpgradeAccept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			if offered := u.Subprotocols(); !slices.Equal(offered, []string{"v2.chat", "v1.chat"}) {
				t.Errorf("the handler sees the offer in the client's order; got %q", offered)
			}
			header := http.Header{"Set-Cookie": {"a=1", "b=2"}, "Upgrade": {"nothing"}}
			socket, err := u.Accept(linger.AcceptOptions{Subprotocol: "v1.chat", Header: header})
			if err != nil || socket.Subprotocol() != "v1.chat" {
				t.Errorf("an offered subprotocol is agreed to; got %v", err)
			}
		}}, linger.Options{})
		r := s.connect("Sec-WebSocket-Protocol: v2.chat, v1.chat").response
		for name, want := range map[string]string{
			"Sec-Websocket-Accept":   "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", // RFC 6455, section 1.3
			"Sec-Websocket-Protocol": "v1.chat",
			"Set-Cookie":             "a=1|b=2",
			"Upgrade":                "websocket",
		} {
			if got := strings.Join(r.Header.Values(name), "|"); got != want {
				t.Errorf("the 101 has %s: %s; got %q", name, want, got)
			}
		}
	})
}

func TestUpgradeAcceptError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			for _, c := range []struct {
				what string
				opts linger.AcceptOptions
				want error
			}{
				{"a subprotocol that was not offered is refused", linger.AcceptOptions{Subprotocol: "v9"}, handshake.ErrNotOffered},
				{"a channel without a name is refused", linger.AcceptOptions{Channels: []string{"a", ""}}, linger.ErrChannelName},
				{"too many channels are refused", linger.AcceptOptions{Channels: []string{"a", "b", "c"}}, linger.ErrChannels},
			} {
				_, err := u.Accept(c.opts)
				wantError(t, c.what, err, c.want)
			}
			if _, err := u.Accept(linger.AcceptOptions{Subprotocol: "v1"}); err != nil {
				t.Errorf("after a refused Accept the request can be accepted; got %v", err)
			}
		}}, linger.Options{MaxChannels: 2})
		s.connect("Sec-WebSocket-Protocol: v1").leave()
		s.end()
		s.wantEmpty()
		if n, _ := s.Publish("a", linger.Text("x")); n != 0 {
			t.Errorf("a refused Accept leaves no subscription; got %d", n)
		}
	})
}

func TestUpgradeUnanswered(t *testing.T) {
	for name, handler := range map[string]func(*linger.Upgrade){
		"no answer": func(*linger.Upgrade) {},
		"panic":     func(*linger.Upgrade) { panic("no") },
		"Goexit":    func(*linger.Upgrade) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{OnUpgrade: handler}, linger.Options{})
				if r := s.client().request(); r.StatusCode != http.StatusInternalServerError {
					t.Errorf("an upgrade without an answer is 500; got %s", r.Status)
				}
				s.wantEmpty()
				s.wantNoEnd()
			})
		})
	}
}

func TestUpgradeFailsAfterAccept(t *testing.T) {
	for name, fail := range map[string]func(){"panic": func() { panic("no") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var logged bytes.Buffer
				s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
					socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
					_ = socket.Send(linger.Text("lost"))
					fail()
				}}, linger.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
				if r := s.client().request(); r.StatusCode != http.StatusInternalServerError {
					t.Errorf("a handler that fails is 500, although it had accepted; got %s", r.Status)
				}
				wantFailedHandshake(t, s.end())
				s.wantNoEnd()
				s.wantEmpty()
				if !strings.Contains(logged.String(), "upgrade_test.go") {
					t.Errorf("the failure is logged with its stack; the log is %s", logged.String())
				}
			})
		})
	}
}

// wantFailedHandshake checks the close event of what never became a connection.
func wantFailedHandshake(t *testing.T, end *linger.Close) {
	t.Helper()
	none := protocol.Status{Code: protocol.CloseAbnormal}
	if end.Cause != linger.CauseHandshake || end.Received != none || end.Sent != none || end.Clean ||
		end.First != protocol.Neither || end.Err == nil {
		t.Errorf("a handshake that did not complete ends with cause handshake, 1006, not clean, and an error; got %+v", end)
	}
	wantError(t, "its socket is closed", end.Socket.Send(linger.Text("x")), linger.ErrClosed)
	if state := end.Socket.State(); state != protocol.StateClosed {
		t.Errorf("its socket is CLOSED; got %v", state)
	}
}

func TestUpgradeClientLeaves(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			accept(linger.AcceptOptions{Channels: []string{"lobby"}}, sockets)(u)
			<-next
		}}, linger.Options{})
		c := s.client()
		c.ask()
		socket := <-sockets
		if s.Count() != 1 || s.Socket(socket.ID()) != socket {
			t.Error("an accepted socket is known before its handshake; it is not")
		}
		_ = c.nc.Close()
		time.Sleep(time.Minute) // a handler may take its time
		s.wantNoEnd()
		close(next)
		wantFailedHandshake(t, s.end())
		s.wantEmpty()
	})
}

func TestUpgradeCancelledRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := linger.NewServer(linger.HandlerFuncs{}, linger.Options{})
		l := memconn.Listen()
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(r.Context())
			cancel()
			s.ServeHTTP(w, r.WithContext(ctx))
		})}
		go func() { _ = web.Serve(l) }()
		defer func() { _ = web.Close() }()
		nc, err := l.Dial()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		c := newClient(t, nc)
		if r := c.request(); r.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a request that was cancelled on our side is 503; got %s", r.Status)
		}
		synctest.Wait()
		if n := s.Count(); n != 0 {
			t.Errorf("no socket is left; got %d", n)
		}
	})
}

func TestUpgradeWithoutHijack(t *testing.T) {
	ended := make(chan *linger.Close, 1)
	s := linger.NewServer(linger.HandlerFuncs{OnClose: func(c *linger.Close) { ended <- c }}, linger.Options{})
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(upgradeRequest())))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder() // it cannot be hijacked
	s.ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError {
		t.Errorf("a transport that cannot switch protocols is 500; got %d", w.Code)
	}
	end := <-ended
	wantFailedHandshake(t, end)
	wantError(t, "its error is the reason", end.Err, errors.ErrUnsupported)
}

func TestServerChoosesSubprotocol(t *testing.T) {
	for name, c := range map[string]struct{ offer, named, want string }{
		"the server's order counts":          {"v1.chat, v2.chat", "", "v2.chat"},
		"none in common":                     {"v9.chat", "", ""},
		"none offered":                       {"", "", ""},
		"the handler names another":          {"v2.chat, other", "other", "other"},
		"names are compared with their case": {"V2.chat, v1.chat", "", "v1.chat"},
		"an invalid name is left out":        {"two", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var logged bytes.Buffer
				sockets := make(chan *linger.Socket, 1)
				s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Subprotocol: c.named}, sockets)}, linger.Options{
					Subprotocols: []string{"two words", "v2.chat", "v1.chat"},
					Logger:       slog.New(slog.NewTextHandler(&logged, nil)),
				})
				var lines []string
				if c.offer != "" {
					lines = append(lines, "Sec-WebSocket-Protocol: "+c.offer)
				}
				answer := s.connect(lines...).response.Header
				if got := strings.Join(answer.Values("Sec-Websocket-Protocol"), "|"); got != c.want {
					t.Errorf("of %q the 101 agrees to %q; got %q", c.offer, c.want, got)
				}
				if got := (<-sockets).Subprotocol(); got != c.want {
					t.Errorf("the socket has the subprotocol %q; got %q", c.want, got)
				}
				if !strings.Contains(logged.String(), "two words") {
					t.Errorf("a name that is not a token is logged; the log is %q", logged.String())
				}
			})
		})
	}
}

func TestServerAdmissionNegativeBounds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			if _, limited := u.Request.Context().Deadline(); limited {
				t.Error("without a bound the handler's context has no deadline")
			}
			time.Sleep(time.Hour)
			_, _ = u.Accept(linger.AcceptOptions{})
		}}, linger.Options{MaxConnections: -1, MaxPerAddress: -1, UpgradeRate: -1, UpgradeTimeout: -1, IdleTimeout: -1, MaxLifetime: -1})
		for range 3 {
			if r := s.client().request(); r.StatusCode != http.StatusSwitchingProtocols {
				t.Errorf("a negative bound is none; got %s", r.Status)
			}
		}
	})
}
