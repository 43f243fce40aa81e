package linger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
)

// presenceModel is a cluster on which random things happen, and what the members should be.
type presenceModel struct {
	t       *testing.T
	random  *rand.Rand
	cluster *memcluster.Cluster
	nodes   map[string]*modelNode
	log     []string

	mu   sync.Mutex
	told map[string]string // the members according to the events of node a
}

// modelNode is a node and its connections, with their values by channel.
type modelNode struct {
	*node
	sockets []*linger.Socket
	values  map[*linger.Socket]map[string]string
}

var modelChannels = []string{"red", "blue"}

// After the links have been whole for the stated bound, each node has the right members, and so has the sum of the events.
func TestServerPresenceModel(t *testing.T) {
	schedules := 30
	if testing.Short() {
		schedules = 5
	}
	for seed := range schedules {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				m := &presenceModel{
					t: t, random: rand.New(rand.NewPCG(1, uint64(seed))), //nolint:gosec // a seed
					cluster: memcluster.New(), nodes: map[string]*modelNode{}, told: map[string]string{},
				}
				for _, name := range []string{"a", "b", "c"} {
					m.start(name)
				}
				time.Sleep(time.Second)
				for range 3 {
					for range 40 {
						m.step()
						time.Sleep(time.Duration(m.random.Int64N(int64(300 * time.Millisecond))))
						if m.random.IntN(10) == 0 {
							time.Sleep(time.Duration(m.random.Int64N(int64(15 * time.Second))))
						}
					}
					m.check()
				}
			})
		})
	}
}

// start adds a node with connections.
func (m *presenceModel) start(name string) {
	n := &modelNode{values: map[*linger.Socket]map[string]string{}}
	n.node = serveNode(m.t, m.cluster, name, linger.HandlerFuncs{}, quiet)
	if name == "a" {
		n.HandlePresence(m.follow)
	} else {
		n.HandlePresence(func(*linger.Presence) {})
	}
	for range 4 {
		_, s := n.open()
		n.sockets = append(n.sockets, s)
		n.values[s] = map[string]string{}
	}
	if name != "c" { // which has no interest without a member
		for _, channel := range modelChannels {
			wantError(m.t, "it subscribes", n.sockets[0].Subscribe(channel), nil)
		}
	}
	m.nodes[name] = n
}

// follow applies an event of node a.
func (m *presenceModel) follow(p *linger.Presence) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, member := range p.Joined {
		m.told[p.Channel+" "+member.ID] = rosterOf(m.t, []linger.Member{member})
	}
	for _, member := range p.Left {
		if _, known := m.told[p.Channel+" "+member.ID]; !known {
			m.t.Errorf("only a member can leave; the schedule was %q", m.log)
		}
		delete(m.told, p.Channel+" "+member.ID)
	}
}

// step does something.
func (m *presenceModel) step() {
	n := m.nodes[m.pick("a", "b", "c")]
	socket, channel := n.sockets[m.random.IntN(len(n.sockets))], m.pick(modelChannels...)
	switch what := m.random.IntN(20); {
	case what < 10:
		value := fmt.Sprint(m.random.IntN(1000))
		m.note("%s joins %s as %s on %s", socket.ID(), channel, value, n.Node())
		wantError(m.t, "it joins", socket.Join(channel, value), nil)
		n.values[socket][channel] = value
	case what < 15:
		m.note("%s leaves %s on %s", socket.ID(), channel, n.Node())
		socket.Leave(channel)
		delete(n.values[socket], channel)
	case what < 18:
		from, to := m.pick("a", "b", "c"), m.pick("a", "b", "c")
		m.note("cut %s %s", from, to)
		m.cluster.Cut(from, to)
	case what < 19:
		m.note("heal")
		m.cluster.Heal()
	case n.Node() != "a":
		m.note("%s dies", n.Node())
		n.member.Leave()
		time.Sleep(time.Duration(m.random.Int64N(int64(3 * time.Second))))
		m.start(n.Node())
	}
}

func (m *presenceModel) pick(names ...string) string { return names[m.random.IntN(len(names))] }

func (m *presenceModel) note(format string, args ...any) {
	m.log = append(m.log, time.Now().Format("05.000 ")+fmt.Sprintf(format, args...))
}

// check fails the test if the members are not the right ones within the bound.
func (m *presenceModel) check() {
	m.note("check")
	m.cluster.Heal()
	time.Sleep(12 * time.Second)
	for _, channel := range modelChannels {
		var want []string
		for _, n := range m.nodes {
			for _, values := range n.values {
				if value, is := values[channel]; is {
					want = append(want, value+"@"+n.Node())
				}
			}
		}
		slices.Sort(want)
		for _, n := range m.nodes {
			if got := roster(m.t, n.Server, channel); got != strings.Join(want, " ") {
				m.t.Fatalf("on node %s the members of %s are %q; got %q; the schedule was\n%s", n.Node(), channel, want, got, strings.Join(m.log, "\n"))
			}
		}
		var told []string
		m.mu.Lock()
		for key, member := range m.told {
			if strings.HasPrefix(key, channel+" ") {
				told = append(told, member)
			}
		}
		m.mu.Unlock()
		slices.Sort(told)
		if !slices.Equal(told, want) {
			m.t.Fatalf("the members of %s are %q; by the events of node a they are %q; the schedule was\n%s", channel, want, told, strings.Join(m.log, "\n"))
		}
	}
}
