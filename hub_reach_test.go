package linger_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestSocketsAreThoseOfAChannel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, _, sockets := members(t, 3, linger.HandlerFuncs{}, linger.Options{})
		_ = sockets[1].Subscribe("other")
		for channel, want := range map[string][]*linger.Socket{
			"": sockets, "lobby": sockets, "other": sockets[1:2], "nobody": nil,
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
		if s.Socket(sockets[2].ID()) != sockets[2] || s.Socket("nobody") != nil {
			t.Error("a connection is found by its id, and nobody by another; it was not so")
		}
		sockets[0].Unsubscribe("lobby")
		if n := s.Subscribers("lobby"); n != 2 {
			t.Errorf("who has unsubscribed does not count; got %d", n)
		}
	})
}

// A loop may be left, entered again, and run within another.
func TestLoopsOverSocketsAreIndependent(t *testing.T) {
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
				t.Fatalf("a loop within a loop sees everybody; got %d", len(inner))
			}
			outer[socket] = true
		}
		if len(outer) != many {
			t.Errorf("so does the outer one, once each; got %d", len(outer))
		}
	})
}

func TestTheBodyOfALoopMayDoAnything(t *testing.T) {
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

// It says something under the race detector.
func TestLoopsWhileConnectionsComeAndGo(t *testing.T) {
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

func TestAConnectionIsListedUntilItsCloseEventIsHandled(t *testing.T) {
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
