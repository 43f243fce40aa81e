package linger_test

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/memconn"
)

// relayApp is an application whose connections are subscribed to the lobby. What a client sends is published on the channel up.
func relayApp() linger.HandlerFuncs {
	return linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			channel := "lobby"
			if c := u.Request.Header.Get("Channel"); c != "" {
				channel = c
			}
			_, _ = u.Accept(linger.AcceptOptions{Channels: []string{channel}})
		},
		OnMessage: func(m *linger.Message) {
			if m.String() == "busy" {
				time.Sleep(100 * time.Millisecond) // so that the connection moves in a later round
				return
			}
			_, _ = m.Server.Publish("up", m.Payload)
		},
	}
}

// serveRelay serves relayApp for a node on real TCP, and on connections in memory, which cannot move.
func serveRelay(t *testing.T, member *memcluster.Node) (s, fixed *service) {
	t.Helper()
	t.Cleanup(member.Leave)
	s = serveTCP(t, relayApp(), linger.Options{Cluster: member})
	l := memconn.Listen()
	fixed = &service{t: t, Server: s.Server, ends: s.ends}
	fixed.dial = func() (net.Conn, error) { return l.Dial() }
	fixed.listen(l)
	return s, fixed
}

// numbered reads messages of the form "sender number" until "end", and fails the test unless those of each sender are 1, 2, 3 and so on.
func (c *client) numbered(who string) (last map[string]int) {
	last = map[string]int{}
	for {
		switch got := c.next(); {
		case got == "text end":
			return last
		case !strings.HasPrefix(got, "text "):
			c.t.Errorf("client %s: the connection is open until the end; got %q", who, got)
			return last
		default:
			sender, number, _ := strings.Cut(strings.TrimPrefix(got, "text "), " ")
			n, _ := strconv.Atoi(number)
			if n != last[sender]+1 {
				c.t.Errorf("client %s: message %d of %s follows %d", who, n, sender, last[sender])
			}
			last[sender] = n
		}
	}
}

// TestClusterHandover checks that what other nodes publish during a hand-over reaches each connection once and in order, whether it moves early
// or late or stays, and that what the connections publish reaches the other nodes so.
func TestClusterHandover(t *testing.T) {
	cluster := memcluster.New()
	from, fixed := serveRelay(t, cluster.Join("a"))
	other, _ := serveRelay(t, cluster.Join("b"))
	var readers, senders sync.WaitGroup
	stop := make(chan struct{})
	reader := func(who string, c *client, wanted ...string) {
		readers.Go(func() {
			last := c.numbered(who)
			_ = c.nc.Close()
			for _, sender := range wanted {
				if last[sender] == 0 {
					t.Errorf("client %s has got nothing of %s", who, sender)
				}
			}
		})
	}
	for i := range 5 {
		reader(fmt.Sprint("that moves ", i), from.connect(), "b")
		reader(fmt.Sprint("that stays ", i), fixed.connect(), "b")
	}
	late := from.connect()
	reader("that moves late", late, "b")
	reader("that is alone in its channel and stays", fixed.connect("Channel: alone"), "b")
	reader("of the other node", other.connect("Channel: up"), "sender0", "sender1", "sender2")
	for i, c := range []*client{from.connect(), from.connect(), fixed.connect()} {
		sender := fmt.Sprint("sender", i)
		reader(sender, c, "b")
		senders.Go(func() { sendNumbered(stop, func(n int) { c.text(fmt.Sprint(sender, " ", n)) }) })
	}
	senders.Go(func() {
		sendNumbered(stop, func(n int) {
			for _, channel := range []string{"lobby", "alone"} {
				_, _ = other.Publish(channel, linger.Text(fmt.Sprint("b ", n)))
			}
		})
	})
	to, _ := serveRelay(t, cluster.Replace("a"))
	time.Sleep(50 * time.Millisecond)
	late.text("busy")
	h := startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{})
	time.Sleep(500 * time.Millisecond) // longer than both processes are subscribed
	close(stop)
	senders.Wait()
	for _, channel := range []string{"lobby", "alone"} {
		_, _ = other.Publish(channel, linger.Text("end"))
	}
	_, _ = to.Publish("up", linger.Text("end"))
	readers.Wait()
	if report := h.end(); report.Moved != 8 || report.Lost != 0 {
		t.Errorf("8 connections have moved, and nothing was lost; got %+v", report)
	}
}

// sendNumbered calls send with 1, 2, 3 and so on until stop is closed.
func sendNumbered(stop <-chan struct{}, send func(n int)) {
	for n := 1; ; n++ {
		send(n)
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// TestClusterHandoverFails checks that the old process goes on as the only one after a hand-over that has failed, also when that happens after
// the new process has taken part in the channels.
func TestClusterHandoverFails(t *testing.T) {
	for _, committed := range []bool{false, true} {
		t.Run(fmt.Sprint("committed ", committed), func(t *testing.T) {
			cluster := memcluster.New()
			member := cluster.Join("a")
			from, fixed := serveRelay(t, member)
			other, _ := serveRelay(t, cluster.Join("b"))
			stays, leaves := fixed.connect(), fixed.connect("Channel: short")
			ours, theirs := newLink(t)
			ended, exited := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = from.Handover(t.Context(), ours, linger.HandoverOptions{Exited: exited})
			}()
			if committed {
				next := cluster.Replace("a")
				to, _ := serveRelay(t, next)
				if err := to.Receive(t.Context(), theirs, linger.ReceiveOptions{}); err != nil {
					t.Fatal(err)
				}
				waitFor(t, "the new process has the channels", func() bool { return !member.IsSubscribed("channel/lobby") && next.IsSubscribed("channel/lobby") })
				_, _ = other.Publish("lobby", linger.Text("through the new process"))
				stays.want("text through the new process")
				next.Leave() // it crashes
				_ = theirs.Close()
				close(exited)
			} else {
				wantError(t, "the hand-over is refused", linger.RefuseHandover(theirs, errors.New("no")), nil)
				<-ended
			}
			waitFor(t, "the old process is subscribed", func() bool { return member.IsSubscribed("channel/lobby") })
			_, _ = other.Publish("lobby", linger.Text("hello"))
			stays.want("text hello")
			_ = leaves.nc.Close()
			waitFor(t, "the old process ends a subscription that is not needed any more", func() bool { return !member.IsSubscribed("channel/short") })
			_ = stays.nc.Close()
			<-ended
		})
	}
}
