// Package memcluster is a cluster in memory for tests, whose links and whose shared store can be cut. It works with fake time (testing/synctest).
package memcluster

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/lingerws/linger"
)

// Cluster is the network between the nodes, and the store that they share.
type Cluster struct {
	mu    sync.Mutex
	nodes map[string]*Node   // by name: the process that has the services
	all   map[*Node]struct{} // a name is here twice during a hand-over
	cut   map[link]bool
	store store
}

// link is one direction between two nodes.
type link struct{ from, to string }

// New returns a cluster without nodes.
func New() *Cluster {
	return &Cluster{nodes: map[string]*Node{}, all: map[*Node]struct{}{}, cut: map[link]bool{}, store: newStore()}
}

// Node is a member. It is also a [linger.Cluster].
type Node struct {
	cluster *Cluster
	name    string
	arrived chan struct{} // has room for one value; sent when something was added to queue
	ended   chan struct{}

	// Guarded by the lock of the cluster.
	queue    []func()
	topics   map[string]map[*subscription]struct{}
	services map[string]serviceFunc
	watchers map[*watcher]struct{}
	left     bool
}

type (
	serviceFunc  = func(from string, record []byte, respond func([]byte))
	subscription struct {
		receive func(from string, record []byte)
	}
	watcher struct{ changed func() }
)

var _ linger.Cluster = (*Node)(nil)

// Join adds a node, whose functions are called on a goroutine of it until Leave. A name can be used again after Leave.
func (c *Cluster) Join(name string) *Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nodes[name] != nil {
		panic("memcluster: there is a node " + name) //nolint:forbidigo // a mistake of a test
	}
	n := c.start(name)
	c.nodes[name] = n
	c.changed()
	return n
}

// Replace adds a second process of a node, as in a hand-over. Neither process gets what the other one publishes. Records for the services of
// the node go to the first process until TakeOver is called or that process has left.
func (c *Cluster) Replace(name string) *Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nodes[name] == nil {
		panic("memcluster: there is no node " + name) //nolint:forbidigo // a mistake of a test
	}
	return c.start(name)
}

// TakeOver makes the services of this process those of the node.
func (n *Node) TakeOver() {
	n.locked(func() {
		if !n.left {
			n.cluster.nodes[n.name] = n
		}
	})
}

// start adds a process. mu is held.
func (c *Cluster) start(name string) *Node {
	n := &Node{
		cluster: c, name: name, arrived: make(chan struct{}, 1), ended: make(chan struct{}),
		topics: map[string]map[*subscription]struct{}{}, services: map[string]serviceFunc{}, watchers: map[*watcher]struct{}{},
	}
	c.all[n] = struct{}{}
	go n.run()
	return n
}

// Leave removes the node, as its crash does. What has arrived and was not delivered is lost.
func (n *Node) Leave() {
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.left {
		return
	}
	n.left, n.queue = true, nil
	delete(c.all, n)
	if c.nodes[n.name] == n {
		delete(c.nodes, n.name)
	}
	for other := range c.all {
		if other.name == n.name {
			c.nodes[n.name] = other
		}
	}
	close(n.ended)
	c.changed()
}

// Cut loses what one node sends to another from now on, until Heal. The nodes see each other as connected if both directions between them are open.
func (c *Cluster) Cut(from, to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut[link{from, to}] = true
	c.changed()
}

// Heal opens all links.
func (c *Cluster) Heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.cut)
	c.changed()
}

// changed reports a change of the nodes or links to all nodes. mu is held.
func (c *Cluster) changed() {
	for n := range c.all {
		for w := range n.watchers {
			n.add(w.changed)
		}
	}
}

// run calls what was added to the queue, in order.
func (n *Node) run() {
	for {
		select {
		case <-n.arrived:
		case <-n.ended:
			return
		}
		for {
			n.cluster.mu.Lock()
			queue := n.queue
			n.queue = nil
			n.cluster.mu.Unlock()
			if len(queue) == 0 {
				break
			}
			for _, call := range queue {
				call()
			}
		}
	}
}

// add queues a call for the goroutine of the node. mu is held.
func (n *Node) add(call func()) {
	if n.left {
		return
	}
	n.queue = append(n.queue, call)
	select {
	case n.arrived <- struct{}{}:
	default:
	}
}

// Node implements [linger.Cluster].
func (n *Node) Node() string { return n.name }

// Nodes implements [linger.Cluster].
func (n *Node) Nodes() []string {
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	names := []string{n.name}
	for name := range maps.Keys(c.nodes) {
		if name != n.name && !c.cut[link{name, n.name}] && !c.cut[link{n.name, name}] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Watch implements [linger.Cluster].
func (n *Node) Watch(changed func()) (stop func()) {
	w := &watcher{changed}
	n.locked(func() { n.watchers[w] = struct{}{} })
	return func() { n.locked(func() { delete(n.watchers, w) }) }
}

func (n *Node) locked(do func()) {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	do()
}

// Subscribe implements [linger.Cluster].
func (n *Node) Subscribe(topic string, receive func(from string, record []byte)) (stop func(), err error) {
	s := &subscription{receive}
	n.locked(func() {
		if n.topics[topic] == nil {
			n.topics[topic] = map[*subscription]struct{}{}
		}
		n.topics[topic][s] = struct{}{}
	})
	return func() {
		n.locked(func() {
			delete(n.topics[topic], s)
			if len(n.topics[topic]) == 0 {
				delete(n.topics, topic)
			}
		})
	}, nil
}

// IsSubscribed reports whether the node has a subscription to a topic.
func (n *Node) IsSubscribed(topic string) bool {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	return len(n.topics[topic]) > 0
}

// Publish implements [linger.Cluster].
func (n *Node) Publish(topic string, record []byte) error {
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.left {
		return linger.ErrClusterFull
	}
	record = slices.Clone(record)
	for to := range c.all {
		if to.name == n.name || c.cut[link{n.name, to.name}] || len(to.topics[topic]) == 0 {
			continue
		}
		for s := range to.topics[topic] {
			to.add(func() { s.receive(n.name, record) })
		}
	}
	return nil
}

// Flush returns at once, because every record and every subscription is effective when the call that makes it returns. It is what
// [linger.Server.Handover] calls of a Cluster that has it.
func (n *Node) Flush(context.Context) error { return nil }

// Serve implements [linger.Cluster].
func (n *Node) Serve(service string, serve func(from string, record []byte, respond func([]byte))) (stop func(), err error) {
	n.cluster.mu.Lock()
	defer n.cluster.mu.Unlock()
	if n.services[service] != nil {
		return nil, errors.New("memcluster: there is a service " + service)
	}
	n.services[service] = serve
	return func() { n.locked(func() { delete(n.services, service) }) }, nil
}

// Send implements [linger.Cluster].
func (n *Node) Send(node, service string, record []byte) error {
	return n.send(node, service, record, func([]byte) {})
}

func (n *Node) send(node, service string, record []byte, respond func([]byte)) error {
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	to := c.nodes[node]
	if to == nil || to.name == n.name || n.left {
		return linger.ErrUnreachable
	}
	if c.cut[link{n.name, node}] {
		return nil // it is lost
	}
	record = slices.Clone(record)
	to.add(func() {
		c.mu.Lock()
		serve := to.services[service]
		c.mu.Unlock()
		if serve != nil {
			serve(n.name, record, respond)
		}
	})
	return nil
}

// Call implements [linger.Cluster].
func (n *Node) Call(ctx context.Context, node, service string, record []byte) ([]byte, error) {
	c := n.cluster
	answer := make(chan []byte, 1)
	respond := func(response []byte) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.cut[link{node, n.name}] {
			return
		}
		select {
		case answer <- slices.Clone(response):
		default:
		}
	}
	if err := n.send(node, service, record, respond); err != nil {
		return nil, err
	}
	select {
	case response := <-answer:
		return response, nil
	case <-n.ended:
		return nil, linger.ErrUnreachable
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
