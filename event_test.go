package linger_test

import (
	"bytes"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestHandlerFuncsWithoutFunctions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var handler linger.Handler = linger.HandlerFuncs{}
		handler.Close(&linger.Close{})
		handler.(linger.PeerCloser).PeerClose(&linger.PeerClose{})
		s := serve(t, linger.HandlerFuncs{}, linger.Options{})
		c := s.connect()
		c.text("without handler")
		c.leave()
		if end := s.end(); !end.Clean {
			t.Errorf("without functions every connection is accepted, and closed as its peer wants; got %+v", end.Outcome)
		}
	})
}

// halfOpen serves an application in half-open mode.
func halfOpen(t *testing.T, peerClose func(*linger.PeerClose), opts linger.Options) *service {
	t.Helper()
	return serve(t, linger.HandlerFuncs{
		OnUpgrade:   accept(linger.AcceptOptions{HalfOpen: true}, nil),
		OnMessage:   echo,
		OnPeerClose: peerClose,
	}, opts)
}

func TestPeerCloseThenSend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := halfOpen(t, func(p *linger.PeerClose) {
			if want := (protocol.Status{Code: 4001, Reason: "asked"}); p.Status != want {
				t.Errorf("the event has the peer's code and reason; got %v", p.Status)
			}
			if state := p.Socket.State(); state != protocol.StateClosing {
				t.Errorf("the connection is CLOSING; got %v", state)
			}
			if n := p.Server.Count(); n != 1 {
				t.Errorf("it is still connected; got %d", n)
			}
			go func() {
				for _, part := range []string{"a", "b", "c"} {
					time.Sleep(5 * time.Second)
					_ = p.Socket.Send(linger.Text(part))
				}
				_ = p.Socket.Close(4002, "that was all")
			}()
		}, linger.Options{})
		c := s.connect()
		c.text("question")
		c.close(4001, "asked")
		c.want("text question", "text a", "text b", "text c", "close 4002 that was all", "EOF")
		end := s.end()
		if !end.Clean || end.First != protocol.Remote || end.Received.Code != 4001 || end.Sent.Code != 4002 {
			t.Errorf("each side has closed with its own code; got %+v", end.Outcome)
		}
		s.wantEmpty()
	})
}

func TestPeerCloseHalfOpenTimeout(t *testing.T) {
	for name, bound := range map[string]time.Duration{"default": 0, "option": 7 * time.Second} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var opts linger.Options
				opts.HalfOpenTimeout = bound
				s := halfOpen(t, nil, opts)
				c := s.connect()
				began := time.Now()
				c.write(frame(protocol.CloseFrame, nil))
				c.want("close", "EOF")
				want := bound
				if want == 0 {
					want = 30 * time.Second
				}
				if waited := time.Since(began); waited != want {
					t.Errorf("an application that never closes is closed for after %v; it took %v", want, waited)
				}
				if end := s.end(); !end.Clean || end.Sent.Code != protocol.CloseNoStatus || end.Received.Code != protocol.CloseNoStatus {
					t.Errorf("an empty Close is answered with an empty one, and both are 1005; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestSocketCloseThenReceive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		got := make(chan string, 2)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{HalfOpen: true}, nil),
			OnMessage: func(m *linger.Message) {
				got <- m.String()
				_ = m.Socket.Close(4001, "enough")
			},
			OnPeerClose: func(*linger.PeerClose) { t.Error("no PeerClose event comes when we have closed already") },
		}, linger.Options{})
		c := s.connect()
		c.text("first")
		c.want("close 4001 enough")
		c.text("on its way")
		c.close(4001, "")
		c.want("EOF")
		if first, second := <-got, <-got; first != "first" || second != "on its way" {
			t.Errorf("what arrives after our Close is still handled; got %q, %q", first, second)
		}
		if end := s.end(); !end.Clean || end.First != protocol.Local {
			t.Errorf("the end is clean; got %+v", end.Outcome)
		}
	})
}

func TestPeerCloseHandlerPanics(t *testing.T) {
	for name, fail := range map[string]func(){"panic": func() { panic("no") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var logged bytes.Buffer
				s := halfOpen(t, func(*linger.PeerClose) { fail() },
					linger.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
				c := s.connect()
				c.close(4001, "")
				c.want("close 1011 internal error", "EOF")
				if end := s.end(); !end.Clean || !strings.Contains(logged.String(), "event=peerclose") {
					t.Errorf("the connection is closed with 1011 and the failure logged; got %+v, %s", end.Outcome, logged.String())
				}
				s.wantEmpty()
			})
		})
	}
}

// plain is a handler that is not a PeerCloser.
type plain struct{ ends chan *linger.Close }

func (plain) Upgrade(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{HalfOpen: true}) }
func (plain) Message(*linger.Message)   {}
func (p plain) Close(c *linger.Close)   { p.ends <- c }

func TestPeerCloseWithoutPeerCloser(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := plain{make(chan *linger.Close, 1)}
		s := serveHandler(t, p, linger.Options{})
		c := s.connect()
		c.text("hello")
		c.close(4001, "")
		synctest.Wait()
		c.want("close 4001", "EOF") // at the bound
		if end := <-p.ends; !end.Clean {
			t.Errorf("a handler need not be a PeerCloser; got %+v", end.Outcome)
		}
	})
}
