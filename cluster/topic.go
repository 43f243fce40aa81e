package cluster

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// topics are the topics to which a node is subscribed.
type topics struct {
	mu        sync.RWMutex
	bySubject map[string]*topic
}

// topic is a topic that has, or had, a receiver.
type topic struct {
	subject   string
	receivers atomic.Pointer[[]*receiver] // the slice is replaced with each change
	senders   senders                     // for the lane of the topic

	// Guarded by the lock of topics.
	queued bool // update is in the queue of the link

	subscription *nats.Subscription // for the goroutine of the link
}

type receiver struct {
	receive func(from string, record []byte)
	stopped atomic.Bool
}

// Subscribe implements [linger.Cluster]. Functions of different topics may be called at the same time, and so may those of topics and services.
func (n *Node) Subscribe(name string, receive func(from string, record []byte)) (stop func(), err error) {
	if err := checkTopic(name); err != nil {
		return nil, err
	}
	subject := n.subjects.topic(name)
	r := &receiver{receive: receive}
	n.topics.mu.Lock()
	defer n.topics.mu.Unlock()
	t := n.topics.bySubject[subject]
	if t == nil {
		t = &topic{subject: subject}
		n.topics.bySubject[subject] = t
	}
	n.setReceivers(t, append(slices.Clone(t.list()), r))
	return func() {
		if r.stopped.Swap(true) {
			return
		}
		n.topics.mu.Lock()
		defer n.topics.mu.Unlock()
		n.setReceivers(t, slices.DeleteFunc(slices.Clone(t.list()), func(o *receiver) bool { return o == r }))
	}, nil
}

func (t *topic) list() []*receiver {
	if list := t.receivers.Load(); list != nil {
		return *list
	}
	return nil
}

// setReceivers changes the receivers of a topic, and queues an update of the subscription. The lock of topics is held.
func (n *Node) setReceivers(t *topic, list []*receiver) {
	t.receivers.Store(&list)
	if t.queued {
		return
	}
	t.queued = true
	n.records.call(func(c *nats.Conn) { n.updateTopic(c, t) })
}

// updateTopic makes the subscription of a topic what its receivers need.
func (n *Node) updateTopic(c *nats.Conn, t *topic) {
	n.topics.mu.Lock()
	t.queued = false
	wanted := len(t.list()) > 0
	if !wanted {
		delete(n.topics.bySubject, t.subject)
	}
	n.topics.mu.Unlock()
	switch {
	case wanted && t.subscription == nil:
		t.subscription = n.listen(n.records, c, t.subject)
	case !wanted && t.subscription != nil:
		_ = t.subscription.Unsubscribe() // the error means that the connection has ended
		t.subscription = nil
		n.arrivals.call(n.arrivals.laneOf(t.subject, ""), func() {
			t.senders.clear(&n.assembly)
		})
	}
}

// arrivedOnTopic queues a publication for its receivers.
func (n *Node) arrivedOnTopic(m *nats.Msg) {
	n.topics.mu.RLock()
	t := n.topics.bySubject[m.Subject]
	n.topics.mu.RUnlock()
	if t == nil {
		n.drop(faultUnserved, m.Subject)
		return
	}
	if !n.arrivals.add(n.arrivals.laneOf(m.Subject, ""), len(m.Data), func() { n.deliverPublication(t, m) }) {
		n.drop(faultOverrun, m.Subject)
	}
}

func (n *Node) deliverPublication(t *topic, m *nats.Msg) {
	f, ok := parseFrame(m.Data)
	if !ok {
		n.drop(faultMalformed, m.Subject)
		return
	}
	if f.from.node == n.self.node {
		return // from the process that this one replaces, or that replaces this one
	}
	record, complete, why := t.senders.accept(f, &n.assembly)
	n.drop(why, m.Subject)
	if !complete {
		return
	}
	n.counts.recordsIn.Add(1)
	for _, r := range t.list() {
		if !r.stopped.Load() {
			r.receive(f.from.node, record)
		}
	}
}

// Publish implements [linger.Cluster].
func (n *Node) Publish(name string, record []byte) error {
	if err := checkTopic(name); err != nil {
		return err
	}
	return n.sendRecord(n.subjects.topic(name), "", 0, record)
}
