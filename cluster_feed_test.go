package linger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
)

// joinCluster adds a node to a cluster. What its clients send is published in the lobby.
func joinCluster(t *testing.T, c *memcluster.Cluster, name string, opts linger.Options) *node {
	t.Helper()
	return serveNode(t, c, name, linger.HandlerFuncs{
		OnMessage: func(m *linger.Message) { _, _ = m.Server.Publish("lobby", m.Payload, m.Socket) },
	}, opts)
}

func TestClusterPublish(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		relayed := make(chan string, 10)
		trace := &linger.Trace{Relayed: func(channel string, p linger.Payload, receivers int) {
			relayed <- fmt.Sprintf("%s %s %d", channel, p, receivers)
		}}
		a, b := joinCluster(t, c, "a", linger.Options{}), joinCluster(t, c, "b", linger.Options{Trace: trace})
		joinCluster(t, c, "empty", linger.Options{})
		one, _ := a.open()
		two, socket := b.open()
		three, _ := b.open()
		synctest.Wait()
		publish(t, a.service, "lobby", "hello", 1)
		one.want("text hello")
		two.want("text hello")
		three.want("text hello")
		if got := <-relayed; got != "lobby hello 2" {
			t.Errorf("Trace.Relayed gets what has come from another node; got %q", got)
		}
		if _, err := a.Publish("lobby", linger.Binary([]byte("bytes"))); err != nil {
			t.Error(err)
		}
		two.want("binary bytes")
		three.want("binary bytes")
		publish(t, a.service, "lobby", "not the second", 1, a.Socket("x"), socket)
		three.want("text not the second")
		three.text("to the others")
		two.want("text to the others")
		one.want("binary bytes", "text not the second", "text to the others")
	})
}

func TestClusterPublishOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		a, b := joinCluster(t, c, "a", linger.Options{}), joinCluster(t, c, "b", linger.Options{})
		reader, _ := b.open()
		synctest.Wait()
		for i := range 100 {
			publish(t, a.service, "lobby", fmt.Sprint(i), 0)
		}
		for i := range 100 {
			reader.want(fmt.Sprint("text ", i))
		}
	})
}

// TestClusterInterest checks that a node is subscribed to the topic of a channel exactly while the channel has a subscriber there.
func TestClusterInterest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := joinCluster(t, memcluster.New(), "a", linger.Options{})
		wantSubscribed := func(want bool, when string) {
			t.Helper()
			synctest.Wait()
			if got := a.member.IsSubscribed("channel/lobby"); got != want {
				t.Errorf("%s: subscribed is %v, expected %v", when, got, want)
			}
		}
		wantSubscribed(false, "without a connection")
		one, socket := a.open()
		two, _ := a.open()
		wantSubscribed(true, "with two subscribers")
		socket.Unsubscribe("lobby")
		wantSubscribed(true, "with one")
		two.leave()
		wantSubscribed(false, "after the end of the last")
		if err := socket.Subscribe("lobby"); err != nil {
			t.Error(err)
		}
		wantSubscribed(true, "with one again")
		go func() {
			one.want("close 1001 server shutting down")
			one.leave()
		}()
		_ = a.Shutdown(t.Context())
		wantSubscribed(false, "after Shutdown")
	})
}

// TestClusterInterestChurn checks that what a node is subscribed to is right after subscriptions have begun and ended at the same time.
func TestClusterInterestChurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		a, b := joinCluster(t, c, "a", linger.Options{}), joinCluster(t, c, "b", linger.Options{})
		const many, channels, changes = 20, 5, 200
		var sockets []*linger.Socket
		var all sync.WaitGroup
		for i := range many {
			_, socket := a.open()
			sockets = append(sockets, socket)
			all.Go(func() {
				r := rand.New(rand.NewPCG(1, uint64(i)))
				for range changes {
					channel := fmt.Sprint("c", r.IntN(channels))
					if r.IntN(2) == 0 {
						_ = socket.Subscribe(channel)
					} else {
						socket.Unsubscribe(channel)
					}
				}
			})
		}
		for i := range changes {
			_, _ = b.Publish(fmt.Sprint("c", i%channels), linger.Text("x"))
		}
		all.Wait()
		for i := range channels {
			channel := fmt.Sprint("c", i)
			if got, want := a.member.IsSubscribed("channel/"+channel), a.Subscribers(channel) > 0; got != want {
				t.Errorf("subscribed to channel %s is %v, expected %v", channel, got, want)
			}
		}
		for _, socket := range sockets {
			for i := range channels {
				socket.Unsubscribe(fmt.Sprint("c", i))
			}
		}
		for i := range channels {
			if a.member.IsSubscribed(fmt.Sprint("channel/c", i)) {
				t.Errorf("the node is subscribed to channel c%d, which has no subscriber", i)
			}
		}
	})
}

func TestClusterPublishRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		failed := make(chan error, 10)
		trace := &linger.Trace{RelayFailed: func(channel string, err error) {
			if channel != "lobby" {
				t.Errorf("the channel is lobby; got %q", channel)
			}
			failed <- err
		}}
		a := joinCluster(t, c, "a", linger.Options{Trace: trace})
		one, _ := a.open()
		b := c.Join("b")
		record := func(kind uint64, payload string) []byte {
			return wire.AppendString(wire.AppendUint(wire.AppendUint(nil, 1, kind), 6, 1), 3, payload)
		}
		for _, r := range [][]byte{record(1, "\xff"), record(99, "x"), {0x08, 0x01}, {0x80}} {
			if err := b.Publish("channel/lobby", r); err != nil {
				t.Fatal(err)
			}
		}
		_ = b.Publish("channel/lobby", record(1, "good"))
		one.want("text good")
		if err := <-failed; !errors.Is(err, protocol.ErrText) {
			t.Errorf("text that is not UTF-8 is refused with protocol.ErrText; got %v", err)
		}
		for range 3 {
			if err := <-failed; err == nil {
				t.Error("a malformed record is refused with an error")
			}
		}
		a.member.Leave() // nothing can be sent any more
		publish(t, a.service, "lobby", "local", 1)
		one.want("text local")
		wantError(t, "what could not be sent is reported", <-failed, linger.ErrClusterFull)
		b.Leave()
	})
}

// brokenCluster is a Cluster that refuses subscriptions while broken.
type brokenCluster struct {
	linger.Cluster
	broken atomic.Bool
}

func (c *brokenCluster) Subscribe(topic string, receive func(string, []byte)) (func(), error) {
	if c.broken.Load() {
		return nil, linger.ErrClusterFull
	}
	return c.Cluster.Subscribe(topic, receive)
}

func TestClusterSubscribeAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		member := c.Join("a")
		t.Cleanup(member.Leave)
		broken := &brokenCluster{Cluster: member}
		broken.broken.Store(true)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, nil)}, linger.Options{Cluster: broken})
		client := s.connect()
		broken.broken.Store(false)
		b := joinCluster(t, c, "b", linger.Options{}) // a change of the nodes
		synctest.Wait()
		publish(t, b.service, "lobby", "hello", 0)
		client.want("text hello")
	})
}
