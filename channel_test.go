package linger_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

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

func TestPublishReachesEachSubscriberOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, clients, sockets := members(t, 3, linger.HandlerFuncs{}, linger.Options{})
		publish(t, s, "lobby", "all", 3)
		publish(t, s, "nobody", "lost", 0)
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

func TestPublisherIsNotLeftOut(t *testing.T) {
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

func TestChannelBounds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _, sockets := members(t, 1, linger.HandlerFuncs{}, linger.Options{MaxChannels: 3})
		socket := sockets[0]
		for _, name := range []string{"", text(257)} {
			_, err := s.Publish(name, linger.Text("x"))
			wantError(t, "nothing is published on a channel that nobody can subscribe to", err, linger.ErrChannelName)
		}
		wantError(t, "a channel has a name", socket.Subscribe(""), linger.ErrChannelName)
		wantError(t, "a name of 257 bytes is too long", socket.Subscribe(text(257)), linger.ErrChannelName)
		wantError(t, "a name of 256 bytes is not", socket.Subscribe(text(256)), nil)
		wantError(t, "MaxChannels are allowed", socket.Subscribe("third"), nil)
		wantError(t, "more are not", socket.Subscribe("fourth"), linger.ErrChannels)
		wantError(t, "one that is subscribed already is no more", socket.Subscribe("third"), nil)
		socket.Unsubscribe("third")
		wantError(t, "after Unsubscribe there is room", socket.Subscribe("fourth"), nil)
	})
}

func TestDefaultOfMaxChannels(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, _, sockets := members(t, 1, linger.HandlerFuncs{}, linger.Options{})
		for i := range 1023 { // and the lobby
			wantError(t, "1,024 channels are allowed", sockets[0].Subscribe(fmt.Sprint(i)), nil)
		}
		wantError(t, "one more is not", sockets[0].Subscribe("more"), linger.ErrChannels)
	})
}

func TestCloseHandlerPublishesToTheOthersOnly(t *testing.T) {
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

func TestSubscriptionsEndBehindTheCloseHandler(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, clients, sockets := members(t, 1, linger.HandlerFuncs{OnClose: func(c *linger.Close) {
			wantError(t, "while the close event is handled nothing is missing", c.Socket.Subscribe("late"), nil)
		}}, linger.Options{})
		clients[0].leave()
		s.end()
		s.wantEmpty()
		wantError(t, "then a connection cannot subscribe", sockets[0].Subscribe("lobby"), linger.ErrClosed)
		sockets[0].Unsubscribe("lobby")
		publish(t, s, "lobby", "nobody", 0)
	})
}

// It says something under the race detector.
func TestPublishWhileOthersComeAndGo(t *testing.T) {
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
