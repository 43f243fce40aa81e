package linger_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

// quitter answers messages, and ends its goroutine in one of its calls, as t.Fatal does.
type quitter struct {
	in   string // the call
	left chan struct{}
}

func (q quitter) quit(call string) {
	if call == q.in {
		runtime.Goexit()
	}
}

func (q quitter) Upgrade(u *linger.Upgrade) {
	switch {
	case u.Request.Header.Get("Quit") == "Respond":
		_ = u.Respond(func(http.ResponseWriter, *http.Request) { runtime.Goexit() })
	case u.Request.Header.Get("Quit") == "Upgrade":
		runtime.Goexit()
	default:
		_, _ = u.Accept(linger.AcceptOptions{HalfOpen: u.Request.Header.Get("Quit") == "PeerClose"})
	}
}

func (q quitter) Message(m *linger.Message) {
	if m.String() == "fill" {
		_ = m.Socket.Send(linger.Binary(make([]byte, 8<<20)))
	}
	if m.String() != "hello" {
		q.quit("Message")
	}
	_ = m.Socket.Send(m.Payload)
}

func (q quitter) PeerClose(p *linger.PeerClose) {
	q.quit("PeerClose")
	p.Socket.AnswerClose()
}

func (q quitter) Drain(*linger.Drain) { q.quit("Drain") }

func (q quitter) Close(*linger.Close) {
	q.left <- struct{}{}
	q.quit("Close")
}

// A handler that ends its goroutine harms its own connection at most: the process and the
// other connections go on, on both drivers.
func TestServerGoesOnWhenAHandlerEndsItsGoroutine(t *testing.T) {
	for _, blocking := range []bool{false, true} {
		for call, act := range map[string]func(t *testing.T, c *client){
			"Upgrade": func(_ *testing.T, c *client) { c.request("Quit: Upgrade") },
			"Respond": func(_ *testing.T, c *client) { c.ask("Quit: Respond") },
			"Message": func(_ *testing.T, c *client) {
				c.request()
				c.text("x")
				c.want("close 1011 internal error")
				c.close(1011, "")
				c.want("EOF")
			},
			"PeerClose": func(_ *testing.T, c *client) {
				c.request("Quit: PeerClose")
				c.close(3000, "")
				c.want("close 1011 internal error", "EOF")
			},
			"Drain": func(_ *testing.T, c *client) {
				c.request()
				c.text("fill")
				for got := ""; got != "close 1011 internal error"; got = c.next() {
					if got == "EOF" {
						t.Error("a handler that fails closes with 1011")
						break
					}
				}
			},
			"Close": func(_ *testing.T, c *client) { c.request(); c.leave() },
		} {
			t.Run(fmt.Sprintf("%s, blocking %t", call, blocking), func(t *testing.T) {
				q := quitter{call, make(chan struct{}, 100)}
				opts := linger.Options{Logger: slog.New(slog.DiscardHandler), SendQueue: 16 << 20}
				opts.Options = websocket.Options{Blocking: blocking, HighWater: 1 << 10}
				s := serveTCPHandler(t, q, opts)
				for range 2 * runtime.GOMAXPROCS(0) {
					c := s.client()
					act(t, c)
					_ = c.nc.Close()
				}
				for range 2 * runtime.GOMAXPROCS(0) {
					c := s.connect()
					c.text("hello")
					c.want("text hello")
					c.leave()
					<-q.left
				}
			})
		}
	}
}
