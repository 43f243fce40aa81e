package linger_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestServerThousandConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 1000
		accepted := make(chan *linger.Socket, many)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
				if u.Request.Header.Get("Fail") != "" {
					panic("no")
				}
				accepted <- socket
			},
			OnMessage: func(*linger.Message) { panic("no") },
		}, linger.Options{})
		synctest.Wait()
		before := goroutines()
		failed := 0
		for i := range many {
			if i%(len(endings)+2) == 0 {
				failed++
				c := s.client()
				c.request("Fail: yes")
				_ = c.nc.Close()
				continue
			}
			c := s.connect()
			socket := <-accepted
			go func() {
				if e := i%(len(endings)+2) - 1; e < len(endings) {
					endings[e].act(c, socket)
				} else {
					c.text("panic")
				}
				for c.next() != "EOF" && c.r.Buffered() > 0 {
				}
				_ = c.nc.Close()
			}()
		}
		causes := map[protocol.Cause]int{}
		for range many {
			causes[s.end().Cause]++
		}
		if causes[linger.CauseHandshake] != failed || len(causes) < 6 {
			t.Errorf("every connection has its close event, of every kind; got %v", causes)
		}
		s.wantEmpty()
		s.wantNoEnd()
		if n, _ := s.Publish("lobby", linger.Text("x")); n != 0 {
			t.Errorf("no subscription is left; got %d", n)
		}
		time.Sleep(time.Minute) // longer than any timer that is left
		synctest.Wait()
		if after := goroutines(); after != before {
			t.Errorf("no goroutine is left; there were %d and are %d", before, after)
		}
	})
}

// goroutines counts those of the bubble, without the runtime's own.
func goroutines() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("synctest bubble"))
}

// members connects n clients that are subscribed to the lobby.
func members(t *testing.T, n int, app linger.HandlerFuncs, opts linger.Options) (*service, []*client, []*linger.Socket) {
	t.Helper()
	accepted := make(chan *linger.Socket, n)
	if app.OnUpgrade == nil {
		app.OnUpgrade = accept(linger.AcceptOptions{Channels: []string{"lobby", "lobby"}}, accepted)
	}
	s := serve(t, app, opts)
	clients, sockets := make([]*client, n), make([]*linger.Socket, n)
	for i := range n {
		clients[i], sockets[i] = s.connect(), <-accepted
	}
	return s, clients, sockets
}

// publish publishes a text and checks how many took it.
func publish(t *testing.T, s *service, channel, text string, want int, except ...*linger.Socket) {
	t.Helper()
	if n, err := s.Publish(channel, linger.Text(text), except...); n != want || err != nil {
		t.Errorf("%d connections take %q; got %d, %v", want, text, n, err)
	}
}

func TestServerPublish(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, clients, sockets := members(t, 3, linger.HandlerFuncs{}, linger.Options{})
		publish(t, s, "lobby", "all", 3)
		publish(t, s, "empty", "lost", 0)
		publish(t, s, "lobby", "not the first", 2, sockets[0])
		publish(t, s, "lobby", "the second", 1, sockets[0], sockets[2], nil)
		if err := sockets[0].Subscribe("other"); err != nil {
			t.Errorf("a connection may have several channels; got %v", err)
		}
		publish(t, s, "other", "other", 1)
		sockets[2].Unsubscribe("lobby")
		sockets[2].Unsubscribe("never heard of")
		publish(t, s, "lobby", "last", 2)
		if n, err := s.Publish("lobby", linger.Binary([]byte{1})); n != 2 || err != nil {
			t.Errorf("binary can be published; got %d, %v", n, err)
		}
		clients[0].want("text all", "text other", "text last", "binary \x01")
		clients[1].want("text all", "text not the first", "text the second", "text last", "binary \x01")
		clients[2].want("text all", "text not the first")
		clients[2].leave()
	})
}

func TestServerPublishReachesThePublisher(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, clients, _ := members(t, 2, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			_ = m.Socket.Send(linger.Text("before"))
			_, _ = m.Server.Publish("lobby", m.Payload)
			_ = m.Socket.Send(linger.Text("after"))
		}}, linger.Options{})
		clients[0].text("hello")
		clients[0].want("text before", "text hello", "text after") // in the order of the calls
		clients[1].want("text hello")
	})
}

func TestSocketSubscribeBounds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _, sockets := members(t, 1, linger.HandlerFuncs{}, linger.Options{MaxChannels: 3})
		socket := sockets[0]
		for _, name := range []string{"", text(257)} {
			_, err := s.Publish(name, linger.Text("x"))
			wantError(t, "a name that cannot be subscribed to cannot be published to", err, linger.ErrChannelName)
		}
		wantError(t, "a channel has a name", socket.Subscribe(""), linger.ErrChannelName)
		wantError(t, "a name of 257 bytes is too long", socket.Subscribe(text(257)), linger.ErrChannelName)
		wantError(t, "a name of 256 bytes is not", socket.Subscribe(text(256)), nil)
		wantError(t, "MaxChannels are allowed", socket.Subscribe("third"), nil)
		wantError(t, "more are not", socket.Subscribe("fourth"), linger.ErrChannels)
		wantError(t, "a second subscription does not count", socket.Subscribe("third"), nil)
		socket.Unsubscribe("third")
		wantError(t, "after Unsubscribe there is room", socket.Subscribe("fourth"), nil)
	})
}

func TestSocketSubscribeDefaultBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, _, sockets := members(t, 1, linger.HandlerFuncs{}, linger.Options{})
		for i := range 1023 { // and the lobby
			wantError(t, "1,024 channels are allowed", sockets[0].Subscribe(fmt.Sprint(i)), nil)
		}
		wantError(t, "one more is not", sockets[0].Subscribe("more"), linger.ErrChannels)
	})
}

func TestServerPublishInCloseHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		reached := make(chan int, 3)
		s, clients, sockets := members(t, 3, linger.HandlerFuncs{OnClose: func(c *linger.Close) {
			n, _ := c.Server.Publish("lobby", linger.Text("one has left"))
			reached <- n
		}}, linger.Options{})
		clients[0].leave()
		if n := <-reached; n != 2 {
			t.Errorf("the others are reached; got %d", n)
		}
		clients[1].want("text one has left")
		clients[2].want("text one has left")
		if end := s.end(); end.Socket != sockets[0] {
			t.Error("the first one has left; it was another")
		}
	})
}

func TestSocketSubscriptionsEndAfterCloseHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, clients, sockets := members(t, 1, linger.HandlerFuncs{OnClose: func(c *linger.Close) {
			wantError(t, "while the close event is handled nothing is missing", c.Socket.Subscribe("late"), nil)
		}}, linger.Options{})
		clients[0].leave()
		s.end()
		s.wantEmpty()
		wantError(t, "then a connection cannot subscribe", sockets[0].Subscribe("lobby"), linger.ErrClosed)
		sockets[0].Unsubscribe("lobby")
		publish(t, s, "lobby", "lost", 0)
	})
}

// The race detector checks it.
func TestServerPublishWhileConnectionsChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many, rounds = 10, 50
		s, clients, sockets := members(t, many, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
			for range rounds {
				_, _ = m.Server.Publish("lobby", m.Payload, m.Socket)
			}
			_ = m.Socket.Send(linger.Text("done"))
		}}, linger.Options{})
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				for range rounds {
					sockets[i].Unsubscribe("lobby")
					_ = sockets[i].Subscribe("lobby")
				}
			})
			clients[i].text("hello")
			all.Go(func() {
				for got := clients[i].next(); got != "text done"; got = clients[i].next() {
					if got != "text hello" {
						t.Errorf("only publications come; got %q", got)
						return
					}
				}
			})
		}
		all.Wait()
		for _, socket := range sockets[1:] {
			_ = socket.Close(protocol.CloseNormal, "")
			socket.CloseNow()
		}
		for range sockets[1:] {
			s.end()
		}
		publish(t, s, "lobby", "only one is left", 1)
		for got := clients[0].next(); got != "text only one is left"; got = clients[0].next() {
			if strings.HasPrefix(got, "e") {
				t.Fatal(got)
			}
		}
	})
}

func TestServerSockets(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _, sockets := members(t, 3, linger.HandlerFuncs{}, linger.Options{})
		_ = sockets[1].Subscribe("other")
		for channel, want := range map[string][]*linger.Socket{
			"": sockets, "lobby": sockets, "other": sockets[1:2], "empty": nil,
		} {
			got := slices.Collect(s.Sockets(channel))
			if len(got) != len(want) {
				t.Errorf("channel %q has %d connections; got %d", channel, len(want), len(got))
			}
			for _, socket := range want {
				if !slices.Contains(got, socket) {
					t.Errorf("%s is listed for channel %q; it is not", socket.ID(), channel)
				}
			}
			if n := s.Subscribers(channel); channel != "" && n != len(want) {
				t.Errorf("channel %q has %d subscribers; got %d", channel, len(want), n)
			}
		}
		if s.Socket(sockets[2].ID()) != sockets[2] || s.Socket("unknown") != nil {
			t.Error("a connection is found by its id and not by another one")
		}
		sockets[0].Unsubscribe("lobby")
		if n := s.Subscribers("lobby"); n != 2 {
			t.Errorf("a connection that has unsubscribed does not count; got %d", n)
		}
	})
}

// A loop may be left, entered again, and run within another.
func TestServerSocketsLoopsAreIndependent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 20
		s, _, _ := members(t, many, linger.HandlerFuncs{}, linger.Options{})
		all := s.Sockets("lobby")
		for range all {
			break
		}
		outer := map[*linger.Socket]bool{}
		for socket := range all {
			inner := map[*linger.Socket]bool{}
			for other := range all {
				if other == nil {
					t.Fatal("every round of a loop has a connection; one had none")
				}
				inner[other] = true
			}
			for range s.Sockets("") {
				break
			}
			if len(inner) != many {
				t.Fatalf("a loop within a loop covers every connection; got %d", len(inner))
			}
			outer[socket] = true
		}
		if len(outer) != many {
			t.Errorf("so does the outer one, once each; got %d", len(outer))
		}
	})
}

func TestServerSocketsLoopBody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 10
		s, clients, _ := members(t, many, linger.HandlerFuncs{}, linger.Options{})
		seen := 0
		for socket := range s.Sockets("lobby") {
			if seen++; seen == 1 {
				s.connect() // is not in the list of this loop
			}
			socket.Unsubscribe("lobby")
			_ = socket.Send(linger.Text("last"))
			_ = socket.Close(protocol.CloseNormal, "")
			socket.CloseNow()
			_, _ = s.Publish("lobby", linger.Text("x"))
		}
		if seen != many {
			t.Errorf("a loop has those that were there when it began; got %d", seen)
		}
		for range clients {
			s.end()
		}
	})
}

// The race detector checks it.
func TestServerSocketsWhileConnectionsChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many, rounds = 10, 30
		s, _, stayed := members(t, many, linger.HandlerFuncs{OnUpgrade: nil}, linger.Options{})
		var all sync.WaitGroup
		for range many {
			all.Go(func() {
				for range rounds {
					found := 0
					for socket := range s.Sockets("") {
						if slices.Contains(stayed, socket) {
							found++
						}
					}
					if found != many {
						t.Errorf("those who stay are always listed, once; got %d", found)
					}
				}
			})
			all.Go(func() {
				c := s.connect()
				c.leave()
				s.end()
			})
		}
		all.Wait()
		synctest.Wait()
		if n := s.Count(); n != many {
			t.Errorf("those who stayed are left; got %d", n)
		}
	})
}

func TestServerSocketsUntilCloseEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		next := make(chan bool)
		s, clients, sockets := members(t, 1, linger.HandlerFuncs{OnClose: func(*linger.Close) { <-next }}, linger.Options{})
		listed := func() bool {
			return slices.Contains(slices.Collect(s.Sockets("")), sockets[0]) &&
				slices.Contains(slices.Collect(s.Sockets("lobby")), sockets[0]) &&
				s.Subscribers("lobby") == 1 && s.Count() == 1 && s.Socket(sockets[0].ID()) == sockets[0]
		}
		clients[0].leave()
		synctest.Wait()
		if !listed() {
			t.Error("while its close event is handled a connection is listed everywhere; it is not")
		}
		close(next)
		s.end()
		s.wantEmpty()
		if listed() || s.Subscribers("lobby") != 0 || s.Socket(sockets[0].ID()) != nil || len(slices.Collect(s.Sockets(""))) != 0 {
			t.Error("then it is listed nowhere; it still is")
		}
	})
}
