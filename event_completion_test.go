package linger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// deferring sends the completions of its messages to a channel, and echoes.
func deferring(taken chan<- *linger.Completion) linger.HandlerFuncs {
	return linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		c := m.Async()
		echo(m)
		taken <- c
	}}
}

func TestMessageAsyncHoldsTheNextEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		taken := make(chan *linger.Completion, 8)
		s := serve(t, deferring(taken), linger.Options{})
		c, other := s.connect(), s.connect()
		c.write(slices.Concat(frame(protocol.Text, []byte("1")), frame(protocol.Text, []byte("2")), frame(protocol.Text, []byte("3"))))
		c.want("text 1")
		other.text("other")
		other.want("text other")
		for _, next := range []string{"text 2", "text 3"} {
			synctest.Wait()
			if n := len(taken); next == "text 2" && n != 2 {
				t.Errorf("one event of each connection is in progress; got %d", n)
			}
			for range len(taken) { // not those that Done begins
				done := <-taken
				done.Done()
				done.Done() // has no effect
			}
			c.want(next)
		}
		synctest.Wait()
		if len(taken) != 1 {
			t.Errorf("a second call of Done completes nothing; %d events are in progress", len(taken))
		}
		(<-taken).Done()
		c.leave()
		s.end()
	})
}

func TestCompletionDoneBeforeTheHandlerReturns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var busy atomic.Bool
		var late *linger.Message
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			if busy.Swap(true) {
				t.Error("the event is in progress until its handler has returned")
			}
			first, second := m.Async(), m.Async()
			first.Done()
			go second.Done()
			synctest.Wait()
			time.Sleep(time.Second)
			echo(m)
			busy.Store(false)
			if late != nil {
				late.Async().Done() // its handler has returned: no effect
			}
			late = m
		}}, linger.Options{})
		c := s.connect()
		for i := range 10 {
			c.text(fmt.Sprint(i))
		}
		for i := range 10 {
			c.want(fmt.Sprint("text ", i))
		}
	})
}

func TestMessageAsyncWaitsForEachCompletion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		taken := make(chan *linger.Completion, 2)
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			echo(m)
			if m.String() == "1" {
				taken <- m.Async()
				taken <- m.Async()
			}
		}}, linger.Options{})
		c := s.connect()
		c.text("1")
		c.text("2")
		c.want("text 1")
		(<-taken).Done()
		synctest.Wait()
		if n := c.r.Buffered(); n > 0 {
			t.Errorf("one of two completions is not enough; got %d bytes", n)
		}
		(<-taken).Done()
		c.want("text 2")
	})
}

func TestMessageAsyncThenPanic(t *testing.T) {
	bubble(t, func(t *testing.T) {
		taken := make(chan *linger.Completion, 2)
		var handled []string
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			handled = append(handled, m.String())
			if m.String() == "fail" {
				taken <- m.Async()
				panic("no")
			}
		}}, linger.Options{})
		c := s.connect()
		c.write(append(frame(protocol.Text, []byte("fail")), frame(protocol.Text, []byte("after"))...))
		c.want("close 1011 internal error")
		(<-taken).Done() // has no effect
		c.close(protocol.CloseInternalError, "")
		c.want("EOF")
		if end := s.end(); end.Cause != linger.CausePanic {
			t.Errorf("the connection is closed for the panic; got %s", end.Cause)
		}
		if want := []string{"fail", "after"}; !slices.Equal(handled, want) {
			t.Errorf("what had arrived is still handled, once; got %q", handled)
		}
		s.wantEmpty()
	})
}

func TestCompletionDelaysEnds(t *testing.T) {
	unmasked := []byte{0x81, 0x00}
	for name, end := range map[string]struct {
		peer func(c *client)
		want string
	}{
		"the peer's Close": {func(c *client) { c.close(4001, "bye") }, "close 4001 bye"},
		"a violation":      {func(c *client) { c.write(unmasked) }, "close 1002"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var socket *linger.Socket
				taken := make(chan *linger.Completion, 1)
				s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
					socket = m.Socket
					taken <- m.Async()
				}}, linger.Options{})
				c := s.connect()
				c.text("1")
				end.peer(c)
				time.Sleep(time.Second)
				completion := <-taken
				_ = socket.Send(linger.Text("a reply"))
				completion.Done()
				c.want("text a reply")
				if got := c.next(); len(got) < len(end.want) || got[:len(end.want)] != end.want {
					t.Errorf("the Close follows what was sent for the message; got %s", got)
				}
				_ = c.nc.Close()
				s.end()
				s.wantEmpty()
			})
		})
	}
}

func TestMessageAsyncThatIsNeverDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := serve(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) { m.Async() }}, linger.Options{})
		c := s.connect()
		c.text("1")
		began := time.Now()
		c.close(protocol.CloseNormal, "")
		c.want("close 1000")
		if took := time.Since(began); took <= 0 || took > time.Minute {
			t.Errorf("the peer's Close is answered at the bound; it took %v", took)
		}
		s.wantNoEnd()
		wantShutdown(t, s, linger.ErrShutdown, time.Second, time.Minute)
	})
}

func TestServerShutdownWaitsForCompletion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		taken := make(chan *linger.Completion, 1)
		s := serve(t, deferring(taken), linger.Options{})
		c := s.connect()
		c.text("1")
		c.want("text 1")
		go c.answerClose()
		time.AfterFunc(2*time.Second, func() { (<-taken).Done() })
		wantShutdown(t, s, nil, 2*time.Second, 3*time.Second)
	})
}

func TestServerReloadWaitsForCompletion(t *testing.T) {
	bubble(t, func(t *testing.T) {
		taken := make(chan *linger.Completion, 1)
		s := serve(t, deferring(taken), linger.Options{})
		c := s.connect()
		c.text("1")
		c.text("2")
		c.want("text 1")
		bounded, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Reload(bounded, version("new ")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an event of the old handler is in progress; got %v", err)
		}
		(<-taken).Done()
		c.want("text new 2")
		if err := s.Reload(t.Context(), version("newer ")); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseAsyncKeepsTheConnectionListed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		taken := make(chan *linger.Completion, 1)
		s := serve(t, linger.HandlerFuncs{OnClose: func(c *linger.Close) { taken <- c.Async() }}, linger.Options{})
		s.connect().leave()
		s.end()
		synctest.Wait()
		if n := s.Count(); n != 1 {
			t.Errorf("the connection is listed until its close event is complete; got %d", n)
		}
		(<-taken).Done()
		s.wantEmpty()
	})
}

func TestPeerCloseAndDrainAsync(t *testing.T) {
	bubble(t, func(t *testing.T) {
		events := make(chan string, 8)
		taken := make(chan *linger.Completion, 8)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade:   accept(linger.AcceptOptions{HalfOpen: true}, nil),
			OnMessage:   func(m *linger.Message) { _ = m.Socket.Send(linger.Text(text(4096))) },
			OnDrain:     func(d *linger.Drain) { taken <- d.Async(); events <- "drain" },
			OnPeerClose: func(p *linger.PeerClose) { taken <- p.Async(); events <- "peerclose"; p.Socket.AnswerClose() },
			OnClose:     func(*linger.Close) { events <- "close" },
		}, linger.Options{Options: websocket.Options{KeepAlive: -1, HighWater: 1024}})
		c := s.connect()
		c.text("fill")
		c.want("text " + text(4096))
		c.close(protocol.CloseNormal, "")
		for _, want := range []string{"drain", "peerclose", "close"} {
			synctest.Wait()
			if n := len(events); n != 1 {
				t.Fatalf("%s alone is next; got %d events", want, n)
			}
			if got := <-events; got != want {
				t.Errorf("%s is next; got %s", want, got)
			}
			if want != "close" {
				(<-taken).Done()
			}
			if want == "drain" {
				continue
			}
			_ = c.nc.Close()
		}
	})
}

func TestDataChangedDuringAsync(t *testing.T) {
	bubble(t, func(t *testing.T) {
		type count struct{ N int }
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{Data: &count{}}, nil),
			OnMessage: func(m *linger.Message) {
				c := m.Async()
				go func() {
					time.Sleep(time.Second)
					n, _ := linger.Data[*count](m.Socket)
					n.N++
					_ = m.Socket.Send(linger.Text(fmt.Sprint(n.N)))
					c.Done()
				}()
			},
		}, linger.Options{})
		c := s.connect()
		c.text("a")
		c.text("b")
		c.want("text 1", "text 2")
	})
}

func TestCompletionNext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		type taken struct {
			message    *linger.Message
			completion *linger.Completion
		}
		calls := make(chan taken, 8)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: accept(linger.AcceptOptions{Data: &[]string{}}, nil),
			OnMessage: func(m *linger.Message) { calls <- taken{m, m.Async()} },
		}, linger.Options{})
		c := s.connect()
		c.write(slices.Concat(frame(protocol.Text, []byte("1")), frame(protocol.Text, []byte("2")), frame(protocol.Text, []byte("3"))))
		synctest.Wait()
		at := <-calls
		var got []string
		at.message.Socket.Together(func() {
			for at.message != nil {
				got = append(got, at.message.String())
				echo(at.message)
				heard, _ := linger.Data[*[]string](at.message.Socket)
				*heard = append(*heard, at.message.String())
				first := at.completion
				if followed := first.Followed(); followed != (len(got) < 3) {
					t.Errorf("a message follows all but the last; Followed reports %t after %q", followed, got)
				}
				at.message, at.completion = first.Next()
				if again, _ := first.Next(); again != nil || first.Followed() {
					t.Error("an event has one next message")
				}
			}
		})
		if !slices.Equal(got, []string{"1", "2", "3"}) || len(calls) != 0 {
			t.Errorf("the messages come in order, and not to the handler; got %q, and %d calls", got, len(calls))
		}
		c.want("text 1", "text 2", "text 3")
		c.text("4")
		at = <-calls
		if heard, err := linger.Data[[]string](at.message.Socket); err != nil || !slices.Equal(heard, got) {
			t.Errorf("data that was changed in each message is saved; got %q %v", heard, err)
		}
		c.leave()
		synctest.Wait()
		if m, _ := at.completion.Next(); m != nil {
			t.Error("the close event is not a message: the handler gets it")
		}
		s.end()
		s.wantEmpty()
	})
}

func TestCompletionNextLeavesMessagesToANewHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		taken := make(chan *linger.Completion, 8)
		s := serve(t, deferring(taken), linger.Options{})
		c := s.connect()
		c.text("1")
		c.text("2")
		c.want("text 1")
		synctest.Wait()
		reloaded := make(chan error)
		go func() { reloaded <- s.Reload(t.Context(), version("new ")) }()
		synctest.Wait()
		if m, _ := (<-taken).Next(); m != nil {
			t.Errorf("the message is for the new handler; got %s", m)
		}
		c.want("text new 2")
		if err := <-reloaded; err != nil {
			t.Error(err)
		}
	})
}
