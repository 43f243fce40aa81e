package linger_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

func TestSocketEventOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const burst = 500
		var got []string
		busy := false
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			if busy {
				t.Error("the events of one connection are handled one at a time; two were")
			}
			busy = true
			if len(got)%50 == 0 {
				time.Sleep(time.Second)
			}
			got = append(got, m.String())
			echo(m)
			busy = false
		}}, linger.Options{})
		c := s.connect()
		var all []byte
		var want []string
		for i := range burst {
			want = append(want, fmt.Sprint(i))
			all = append(all, frame(protocol.Text, []byte(want[i]))...)
		}
		c.write(all)
		for _, text := range want {
			c.want("text " + text)
		}
		c.leave()
		s.end()
		if !slices.Equal(got, want) {
			t.Errorf("messages are handled in the order of their arrival; got %v", got)
		}
	})
}

func TestSocketEventsOfOthersDoNotWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			if m.String() == "slow" {
				<-next
			}
			echo(m)
		}}, linger.Options{})
		slow, quick := s.connect(), s.connect()
		slow.text("slow")
		slow.text("next")
		quick.text("quick")
		quick.want("text quick")
		close(next)
		slow.want("text slow", "text next")
	})
}

func TestSocketEventQueueFull(t *testing.T) {
	for name, opts := range map[string]linger.Options{
		"messages": {EventQueueMessages: 10},
		"bytes":    {EventQueueBytes: 10 << 10},
		"both":     {EventQueueMessages: 1, EventQueueBytes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const flood = 1000
				next := make(chan bool)
				handled := 0
				s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) {
					<-next
					handled++
				}}, opts)
				c := s.connect()
				taken := 0
				go func() {
					for range flood {
						if _, err := c.nc.Write(frame(protocol.Binary, make([]byte, 1<<10))); err != nil {
							return
						}
						taken++
					}
				}()
				synctest.Wait()
				if taken > 200 { // the event queue, one read and the buffers of the transport
					t.Errorf("a slow handler stops the reading of its socket; %d messages of 1 KiB were taken", taken)
				}
				other := s.connect()
				other.ping("are you there")
				other.want("pong are you there")
				close(next)
				synctest.Wait()
				if taken != flood || handled != flood {
					t.Errorf("no message is lost; of %d were %d taken and %d handled", flood, taken, handled)
				}
			})
		})
	}
}

func TestSocketPingsDuringHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) { <-next }}, linger.Options{EventQueueMessages: 2})
		c := s.connect()
		c.text("handled")
		synctest.Wait()
		c.text("waits")
		c.ping("below the bound")
		c.want("pong below the bound")
		c.text("reaches the bound")
		synctest.Wait()
		c.ping("at the bound")
		synctest.Wait()
		if n := c.r.Buffered(); n > 0 {
			t.Errorf("at the bound the connection is not read; it answered with %d bytes", n)
		}
		close(next)
		c.want("pong at the bound")
	})
}

func TestHandlerPanics(t *testing.T) {
	for name, fail := range map[string]func(){
		"panic":  func() { panic("no") },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var logged bytes.Buffer
				var handled []string
				s := serve(t, linger.HandlerFuncs{
					OnMessage: func(m *linger.Message) {
						handled = append(handled, m.String())
						if m.String() == "fail" {
							fail()
						}
					},
					OnClose: func(*linger.Close) { fail() },
				}, linger.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
				c := s.connect()
				c.write(append(frame(protocol.Text, []byte("fail")), frame(protocol.Text, []byte("after"))...))
				c.want("close 1011 internal error")
				c.close(protocol.CloseInternalError, "")
				c.want("EOF")
				end := s.end()
				if end.Sent.Code != protocol.CloseInternalError || !end.Clean || end.First != protocol.Local {
					t.Errorf("the connection is closed with 1011, in order; got %+v", end.Outcome)
				}
				if !slices.Equal(handled, []string{"fail", "after"}) {
					t.Errorf("what had arrived is still handled; got %q", handled)
				}
				s.wantNoEnd()
				s.wantEmpty()
				for _, want := range []string{"socket_queue_test.go", end.Socket.ID(), "event=message", "event=close"} {
					if !strings.Contains(logged.String(), want) {
						t.Errorf("the failure is logged with %s; the log is %s", want, logged.String())
					}
				}
			})
		})
	}
}

func TestMessagePayloadBelongsToHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var kept []linger.Payload
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			kept = append(kept, m.Payload)
			echo(m)
			for i := range m.Data {
				m.Data[i] ^= 0xff // what was sent is a copy
			}
		}}, linger.Options{})
		c := s.connect()
		c.write(append(frame(protocol.Binary, []byte("one")), frame(protocol.Text, []byte("two"))...))
		c.text(text(100 << 10)) // owned by the message already when it is delivered
		c.want("binary one", "text two", "text "+text(100<<10))
		for i, want := range []string{"one", "two"} {
			for j := range kept[i].Data {
				kept[i].Data[j] ^= 0xff
			}
			if kept[i].String() != want || kept[i].Binary != (i == 0) {
				t.Errorf("a payload is not overwritten by what comes later; %q became %q", want, kept[i])
			}
		}
	})
}

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
// other connections go on, on each driver.
func TestHandlerGoexit(t *testing.T) {
	for _, way := range []websocket.IO{websocket.IORing, websocket.IOReadiness, websocket.IOBlocking} {
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
			t.Run(fmt.Sprintf("%s, %v", call, way), func(t *testing.T) {
				q := quitter{call, make(chan struct{}, 100)}
				opts := linger.Options{Logger: slog.New(slog.DiscardHandler), SendQueue: 16 << 20}
				opts.Options = websocket.Options{IO: way, HighWater: 1 << 10}
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
