package worker

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
)

// relayModel sends numbered messages through connections of an object that moves between nodes, whose nodes end, and between which links break.
type relayModel struct {
	*relayNodes
	random  *rand.Rand
	clients []*modelClient
	owner   string
	alive   []string // the nodes that may have the object
	deaths  int
}

// modelClient is a client that sends numbers, and what the object has answered.
type modelClient struct {
	*relayClient
	sent     int
	answered []int
	end      string
}

// TestClusterSocketModel runs random schedules. The answers of each client come in the order of its messages, and none twice. Only a message that an owner had
// begun when its node has ended has no answer.
func TestClusterSocketModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all := newRelayNodes(t, "a", "b", "c", "d", "e")
				defer all.close()
				all.own("c")
				m := &relayModel{relayNodes: all, random: rand.New(rand.NewPCG(seed, 1)), owner: "c", alive: []string{"a", "b", "c", "d", "e"}}
				for i := range 6 {
					from := []string{"a", "b"}[i%2]
					m.clients = append(m.clients, &modelClient{relayClient: all.open(from, "c", "?name="+from)})
				}
				for range 60 {
					m.step()
					time.Sleep(time.Duration(m.random.IntN(50)) * time.Millisecond)
				}
				all.cluster.Heal()
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				m.check()
			})
		})
	}
}

// step does one thing.
func (m *relayModel) step() {
	switch n := m.random.IntN(100); {
	case n < 70:
		c := m.clients[m.random.IntN(len(m.clients))]
		for range m.random.IntN(20) {
			c.send(strconv.Itoa(c.sent))
			c.sent++
		}
	case n < 85:
		m.moveTo(m.alive[m.random.IntN(len(m.alive))])
	case n < 97:
		m.breakLink()
	default:
		m.endOwner()
	}
}

// moveTo moves the object, as planned.
func (m *relayModel) moveTo(next string) {
	if next == m.owner {
		return
	}
	n := m.byName[m.owner]
	o := n.objects.use(relayRef)
	n.sockets.hold(o)
	for !o.isQuiet() {
		time.Sleep(time.Millisecond)
	}
	m.own(next)
	n.sockets.release(o)
	o.done()
	m.owner = next
}

// breakLink breaks a direction between two nodes for a time that is shorter than the lease.
func (m *relayModel) breakLink() {
	names := []string{"a", "b", "c", "d", "e"}
	from, to := names[m.random.IntN(5)], names[m.random.IntN(5)]
	m.cluster.Cut(from, to)
	pause := time.Duration(m.random.IntN(5000)) * time.Millisecond
	go func() {
		time.Sleep(pause)
		m.cluster.Heal()
	}()
}

// endOwner ends the node that has the object, unless it has clients. The next owner gets it when its lease has lapsed.
func (m *relayModel) endOwner() {
	last := m.owner
	if last == "a" || last == "b" {
		return
	}
	m.deaths++
	m.byName[last].node.Leave()
	m.own("")
	for i, name := range m.alive {
		if name == last {
			m.alive = append(m.alive[:i], m.alive[i+1:]...)
			break
		}
	}
	m.owner = m.alive[m.random.IntN(len(m.alive))]
	time.Sleep(11 * time.Second)
	m.own(m.owner)
}

// check checks what the clients have received.
func (m *relayModel) check() {
	for i, c := range m.clients {
		c.read()
		missing := c.sent - len(c.answered)
		if c.end != "" {
			m.t.Errorf("client %d: the connection stays; got %s", i, c.end)
		}
		if missing < 0 || missing > m.deaths {
			m.t.Errorf("client %d: each of %d messages is answered, except for one at most for each node that has ended (%d); got %v", i, c.sent, m.deaths, c.answered)
		}
		for j := 1; j < len(c.answered); j++ {
			if c.answered[j] <= c.answered[j-1] {
				m.t.Errorf("client %d: the answers come once, in order; got %d after %d", i, c.answered[j], c.answered[j-1])
			}
		}
		if err := c.conn.Close(protocol.CloseNormal, ""); err != nil {
			m.t.Error(err)
		}
	}
	time.Sleep(time.Second)
	synctest.Wait()
	for _, name := range m.alive {
		n := m.byName[name]
		if r, d := n.sockets.open(); r+d > 0 {
			m.t.Errorf("nothing remains of connections that have ended; the node %s has %d relays and %d distants", name, r, d)
		}
	}
}

// read reads what has arrived.
func (c *modelClient) read() {
	for {
		select {
		case got := <-c.received:
			_, text, _ := strings.Cut(got, " ")
			if n, err := strconv.Atoi(text); err == nil && !strings.HasPrefix(got, "closed") {
				c.answered = append(c.answered, n)
			} else {
				c.end = got
			}
		default:
			return
		}
	}
}
