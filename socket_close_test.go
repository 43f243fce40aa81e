package linger_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// decided are the ways for the server to end a connection without a call of the application.
var decided = map[protocol.Cause]struct {
	opts linger.Options
	app  linger.HandlerFuncs
	act  func(t *testing.T, s *service, c *client)
	sent protocol.CloseCode
}{
	linger.CauseIdle: {
		opts: linger.Options{IdleTimeout: time.Second},
		sent: protocol.CloseGoingAway,
	},
	linger.CauseLifetime: {
		opts: linger.Options{MaxLifetime: time.Second},
		sent: protocol.CloseServiceRestart,
	},
	linger.CausePanic: {
		app:  linger.HandlerFuncs{OnMessage: func(*linger.Message) { panic("on purpose") }},
		act:  func(_ *testing.T, _ *service, c *client) { c.text("hello") },
		sent: protocol.CloseInternalError,
	},
	linger.CauseShutdown: {
		act:  func(t *testing.T, s *service, _ *client) { go func() { _ = s.Shutdown(t.Context()) }() },
		sent: protocol.CloseGoingAway,
	},
	linger.CauseSlow: {
		opts: linger.Options{SendQueue: 100},
		act: func(_ *testing.T, s *service, c *client) {
			c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(10)
			for socket := range s.Sockets("") {
				for socket.Send(linger.Text(text(100))) == nil {
				}
			}
			c.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 20)
		},
		sent: protocol.CloseTryAgainLater,
	},
}

func TestCloseCauseOfServer(t *testing.T) {
	for cause, d := range decided {
		t.Run(string(cause)+", and the peer answers", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, d.app, d.opts)
				c := s.connect()
				synctest.Wait()
				if d.act != nil {
					d.act(t, s, c)
				}
				c.answerClose()
				end := s.end()
				if end.Cause != cause || end.First != protocol.Local || end.Sent.Code != d.sent || !end.Clean {
					t.Errorf("a connection that the server closes with %d ends clean with cause %q; got %+v", d.sent, cause, end.Outcome)
				}
			})
		})
		t.Run(string(cause)+", and the peer resets the connection", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, d.app, d.opts)
				c := s.connect()
				synctest.Wait()
				if d.act != nil {
					d.act(t, s, c)
				}
				time.Sleep(1200 * time.Millisecond) // the longest bound, and its jitter
				c.nc.(interface{ Reset() }).Reset()
				if end := s.end(); end.Cause != cause || end.Clean {
					t.Errorf("it ends not clean, with the same cause; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestCloseCauseOfPeer(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(c *client)
		want protocol.Cause
	}{
		"the peer closed first": {func(c *client) { c.close(4001, "bye") }, protocol.CauseClose},
		"the peer broke a rule": {func(c *client) { c.write([]byte{0x83, 0x80, 0, 0, 0, 0}) }, protocol.CauseViolation},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				slow := linger.HandlerFuncs{OnMessage: func(*linger.Message) { time.Sleep(time.Second) }}
				s := serve(t, slow, linger.Options{Options: websocket.Options{CloseTimeout: 5 * time.Second}})
				peer := s.connect()
				peer.text("hello")
				synctest.Wait()
				c.act(peer)
				synctest.Wait()
				wantShutdown(t, s, nil, 0, 10*time.Second) // its Close comes too late
				if end := s.end(); end.Cause != c.want {
					t.Errorf("a shutdown is not the cause; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestCloseCauseOfApplication(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) { _ = m.Socket.Close(4002, "enough") }}, linger.Options{})
		c := s.connect()
		c.text("hello")
		c.want("close 4002 enough")
		go func() { _ = s.Shutdown(t.Context()) }()
		synctest.Wait()
		c.close(4002, "")
		if end := s.end(); end.Cause != protocol.CauseClose || end.Sent.Code != 4002 {
			t.Errorf("the application closed before the shutdown began; got %+v", end.Outcome)
		}
	})
}

func TestSocketSendBeforeAnswerToClose(t *testing.T) {
	for name, pause := range map[string]time.Duration{"quick": 0, "slow": time.Second} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
					time.Sleep(pause)
					echo(m)
				}}, linger.Options{})
				c := s.connect()
				all := append(frame(protocol.Text, []byte("one")), frame(protocol.Text, []byte("two"))...)
				c.write(append(all, frame(protocol.CloseFrame, status(4001, "done"))...))
				c.want("text one", "text two", "close 4001 done", "EOF")
				end := s.end()
				want := protocol.Status{Code: 4001, Reason: "done"}
				if end.Received != want || end.Sent != want || !end.Clean || end.First != protocol.Remote || end.Cause != protocol.CauseClose {
					t.Errorf("the close event has the peer's code and reason, and the same sent; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestServerCloseTimeoutWithSlowHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var late error
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			time.Sleep(time.Minute)
			late = m.Socket.Send(m.Payload)
		}}, linger.Options{})
		c := s.connect()
		c.text("slow")
		began := time.Now()
		c.close(4001, "done")
		c.want("close 4001 done", "EOF")
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("a handler delays the answer by the close timeout at the most; it took %v", waited)
		}
		s.wantNoEnd() // it is the last event: the handler of the message is not finished
		end := s.end()
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("the close event comes when the handler has returned; it came after %v", waited)
		}
		if !end.Clean || end.First != protocol.Remote || end.Sent.Code != 4001 {
			t.Errorf("the end is clean; got %+v", end.Outcome)
		}
		wantError(t, "what is sent after our Close is dropped", late, linger.ErrClosed)
	})
}

func TestServerCloseTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts := linger.Options{}
		opts.CloseTimeout = 2 * time.Second
		s := serve(t, linger.HandlerFuncs{OnMessage: func(*linger.Message) { time.Sleep(time.Minute) }}, opts)
		c := s.connect()
		c.text("slow")
		began := time.Now()
		c.close(4001, "")
		c.want("close 4001", "EOF")
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("Options.CloseTimeout is the bound; it took %v", waited)
		}
		s.end()
	})
}

// ending is one way for a connection to end.
type ending struct {
	name  string
	act   func(c *client, socket *linger.Socket)
	reads []string // what the peer reads; nil: nothing in order
	want  protocol.Outcome
}

var none = protocol.Status{Code: protocol.CloseAbnormal} // RFC 6455, section 7.1.5

var endings = []ending{
	{
		name:  "peer closes",
		act:   func(c *client, _ *linger.Socket) { c.close(4001, "bye") },
		reads: []string{"close 4001 bye", "EOF"},
		want: protocol.Outcome{Received: protocol.Status{Code: 4001, Reason: "bye"}, Sent: protocol.Status{Code: 4001, Reason: "bye"},
			First: protocol.Remote, Clean: true, Cause: protocol.CauseClose},
	},
	{
		name:  "peer closes without a code",
		act:   func(c *client, _ *linger.Socket) { c.write(frame(protocol.CloseFrame, nil)) },
		reads: []string{"close", "EOF"},
		want: protocol.Outcome{Received: protocol.Status{Code: protocol.CloseNoStatus}, Sent: protocol.Status{Code: protocol.CloseNoStatus},
			First: protocol.Remote, Clean: true, Cause: protocol.CauseClose},
	},
	{
		name: "we close",
		act: func(c *client, socket *linger.Socket) {
			_ = socket.Close(4002, "enough")
			_ = socket.Close(4003, "a second call changes nothing")
			c.want("close 4002 enough")
			c.close(4002, "")
		},
		reads: []string{"EOF"},
		want: protocol.Outcome{Received: protocol.Status{Code: 4002}, Sent: protocol.Status{Code: 4002, Reason: "enough"},
			First: protocol.Local, Clean: true, Cause: protocol.CauseClose},
	},
	{
		name: "we close and the peer never answers",
		act:  func(_ *client, socket *linger.Socket) { _ = socket.Close(protocol.CloseNormal, "") },
		want: protocol.Outcome{Received: none, Sent: protocol.Status{Code: protocol.CloseNormal},
			First: protocol.Local, Cause: protocol.CauseTimeout},
	},
	{
		name: "we cut",
		act:  func(_ *client, socket *linger.Socket) { socket.CloseNow() },
		want: protocol.Outcome{Received: none, Sent: none, Cause: "abort"},
	},
	{
		name: "peer ends TCP",
		act:  func(c *client, _ *linger.Socket) { _ = c.nc.Close() },
		want: protocol.Outcome{Received: none, Sent: none, Cause: protocol.CauseEOF},
	},
	{
		name: "peer resets TCP",
		act:  func(c *client, _ *linger.Socket) { c.nc.(interface{ Reset() }).Reset() },
		want: protocol.Outcome{Received: none, Sent: none, Cause: protocol.CauseTransport},
	},
	{
		name:  "peer breaks a rule",
		act:   func(c *client, _ *linger.Socket) { c.write([]byte{0x83, 0x80, 0, 0, 0, 0}) },
		reads: []string{"close 1002 unknown opcode", "EOF"},
		want: protocol.Outcome{Received: none, Sent: protocol.Status{Code: protocol.CloseProtocolError, Reason: "unknown opcode"},
			First: protocol.Local, Cause: protocol.CauseViolation},
	},
	{
		name: "peer is silent",
		act:  func(*client, *linger.Socket) {},
		want: protocol.Outcome{Received: none, Sent: none, Cause: "keepalive"},
	},
}

func TestCloseEvent(t *testing.T) {
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				sockets := make(chan *linger.Socket, 1)
				last := ""
				s := serve(t, linger.HandlerFuncs{
					OnUpgrade: accept(linger.AcceptOptions{}, sockets),
					OnMessage: func(m *linger.Message) { time.Sleep(time.Second); last = m.String() },
					OnClose: func(c *linger.Close) {
						if last != "last" {
							t.Errorf("the close event comes after the last message; %q was handled before", last)
						}
						wantError(t, "the socket is inert in the close handler", c.Socket.Send(linger.Text("x")), linger.ErrClosed)
					},
				}, linger.Options{})
				c := s.connect()
				c.text("first")
				c.text("last")
				synctest.Wait()
				socket := <-sockets
				e.act(c, socket)
				c.want(e.reads...)
				end := s.end()
				got := end.Outcome.Outcome
				got.Violation = nil
				if got != e.want || (end.Violation != nil) != (e.want.Cause == protocol.CauseViolation) {
					t.Errorf("the close event is %+v; got %+v", e.want, end.Outcome)
				}
				if end.Server != s.Server || end.Socket != socket {
					t.Error("the close event is the socket's; it is another's")
				}
				s.wantEmpty()
				s.wantNoEnd()
			})
		})
	}
}

// echoService is an application that answers each message with itself, on real TCP.
func echoService(t *testing.T, before func(), accepting linger.AcceptOptions, opts linger.Options) (url string, ends chan *linger.Close) {
	t.Helper()
	s := serveTCP(t, linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(accepting) },
		OnMessage: func(m *linger.Message) {
			before()
			_ = m.Socket.Send(m.Payload)
		},
		OnPeerClose: func(p *linger.PeerClose) {
			before()
			p.Socket.AnswerClose()
		},
	}, opts)
	return s.url, s.ends
}

// RFC 6455, sections 5.5.1 and 7.1.1: a peer may end TCP directly after its Close, and
// still gets the replies of handlers at work and our Close.
func TestServerAnswersCloseAfterEOF(t *testing.T) {
	const connections = 100
	for _, way := range []websocket.IO{websocket.IORing, websocket.IOReadiness, websocket.IOBlocking} {
		for _, halfOpen := range []bool{false, true} {
			for _, slow := range []bool{false, true} {
				for texts, want := range map[string][]string{"": {"close 3000"}, "question": {"text question", "close 3000"}} {
					t.Run(fmt.Sprintf("%v, half-open %t, slow handlers %t, text %q", way, halfOpen, slow, texts), func(t *testing.T) {
						t.Parallel()
						gate := make(chan struct{})
						left := func() { close(gate) }
						if !slow {
							left()
							left = nil
						}
						url, ends := echoService(t, func() { <-gate }, linger.AcceptOptions{HalfOpen: halfOpen},
							linger.Options{Options: websocket.Options{IO: way}})
						var send []string
						if texts != "" {
							send = []string{texts}
						}
						if err := testclient.RunCloseFIN(connections, url, send, want, left); err != nil {
							t.Fatal(err)
						}
						for range connections {
							if end := <-ends; !end.Clean || end.Sent.Code != 3000 || end.Received.Code != 3000 {
								t.Fatalf("the end is clean, with 3000 in both directions; got %+v", end.Outcome)
							}
						}
					})
				}
			}
		}
	}
}

// The event of a violation is handled after the messages before it, and so is the Close
// that names it.
func TestServerRepliesBeforeFailing(t *testing.T) {
	for _, way := range []websocket.IO{websocket.IORing, websocket.IOReadiness, websocket.IOBlocking} {
		for _, halfOpen := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, half-open %t", way, halfOpen), func(t *testing.T) {
				t.Parallel()
				url, ends := echoService(t, func() {}, linger.AcceptOptions{HalfOpen: halfOpen},
					linger.Options{Options: websocket.Options{IO: way, CloseTimeout: time.Hour}})
				for _, v := range testclient.Violations(protocol.Client) {
					for _, cut := range []int{math.MaxInt, 1} {
						c, err := testclient.Dial(url)
						if err != nil {
							t.Fatal(err)
						}
						got, err := c.SendViolation(v.Bytes(protocol.Client), cut)
						if err != nil || !slices.Equal(got, v.Want) {
							t.Errorf("%s: the client receives %q; got %q, %v", v.Name, v.Want, got, err)
						}
						c.Abort()
						if end := <-ends; end.Violation == nil || end.Cause != protocol.CauseViolation {
							t.Errorf("%s: the close event names the violation; got %+v", v.Name, end.Outcome)
						}
					}
				}
			})
		}
	}
}

// The server waits for the replies to what came before a violation within a bound.
func TestServerRepliesBeforeFailingBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) },
			OnMessage: func(m *linger.Message) {
				<-gate
				_ = m.Socket.Send(m.Payload)
			},
		}, linger.Options{Options: websocket.Options{CloseTimeout: 3 * time.Second}})
		c := s.connect()
		began := time.Now()
		c.write(slices.Concat(frame(protocol.Text, []byte("good")), frame(5, nil)))
		c.want("close 1002 unknown opcode")
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the Close comes after 3 s; it took %v", took)
		}
		close(gate)
		if end := s.end(); end.Violation == nil || end.Sent.Code != protocol.CloseProtocolError {
			t.Errorf("the close event names the violation; got %+v", end.Outcome)
		}
	})
}

func TestSocketCloseEmpty(t *testing.T) {
	for name, when := range map[string]func(app *linger.HandlerFuncs){
		"before the 101": func(app *linger.HandlerFuncs) {
			app.OnUpgrade = func(u *linger.Upgrade) {
				socket, err := u.Accept(linger.AcceptOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				_ = socket.Send(linger.Text("first"))
				socket.CloseEmpty()
			}
		},
		"later": func(app *linger.HandlerFuncs) {
			app.OnMessage = func(m *linger.Message) {
				_ = m.Socket.Send(linger.Text("first"))
				m.Socket.CloseEmpty()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var app linger.HandlerFuncs
				when(&app)
				s := serve(t, app, linger.Options{})
				c := s.connect()
				c.text("go")
				c.want("text first", "close")
				c.write(frame(protocol.CloseFrame, nil))
				c.want("EOF")
				if end := s.end(); !end.Clean || end.First != protocol.Local || end.Sent.Code != protocol.CloseNoStatus {
					t.Errorf("a Close without a status is a clean one; got %+v", end.Outcome)
				}
			})
		})
	}
}

func TestSocketAnswerClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{HalfOpen: true}, nil),
			OnMessage: func(m *linger.Message) {
				m.Socket.AnswerClose() // there is nothing to answer yet
				echo(m)
			},
			OnPeerClose: func(p *linger.PeerClose) {
				_ = p.Socket.Send(linger.Text("tail"))
				p.Socket.AnswerClose()
			},
		}, linger.Options{})
		c := s.connect()
		c.text("one")
		c.text("two")
		c.want("text one", "text two")
		c.close(4001, "asked")
		c.want("text tail", "close 4001 asked", "EOF")
		if end := s.end(); !end.Clean || end.Sent.Code != 4001 {
			t.Errorf("the answer has the peer's code; got %+v", end.Outcome)
		}
	})
}
