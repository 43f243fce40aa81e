package linger_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestRepliesLeaveBeforeTheAnswerToAClose(t *testing.T) {
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

func TestPeerIsAnsweredAtTheBoundOfASlowHandler(t *testing.T) {
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
		wantError(t, "what is sent behind our Close is dropped", late, linger.ErrClosed)
	})
}

func TestCloseTimeoutBoundsTheAnswer(t *testing.T) {
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

func TestEveryEndHasOneCloseEvent(t *testing.T) {
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
							t.Errorf("the close event comes behind the last message; %q was handled before", last)
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
