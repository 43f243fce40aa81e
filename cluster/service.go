package cluster

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/lingerws/linger"
)

// services are the services of a node. Those of a process that replaces another one begin with TakeOver.
type services struct {
	mu        sync.RWMutex
	bySubject map[string]*service
	active    bool // they have subscriptions
}

type service struct {
	subject string
	serve   func(from string, record []byte, respond func(response []byte))
	senders []senders // one for each lane

	subscription *nats.Subscription // for the goroutine of the link
}

// Serve implements [linger.Cluster]. The records of different nodes may be delivered at the same time.
func (n *Node) Serve(name string, serve func(from string, record []byte, respond func(response []byte))) (stop func(), err error) {
	if err := checkService(name); err != nil {
		return nil, err
	}
	s := &service{
		subject: n.subjects.service(n.self, name), serve: serve, senders: make([]senders, len(n.arrivals.lanes)),
	}
	n.services.mu.Lock()
	defer n.services.mu.Unlock()
	if n.services.bySubject[s.subject] != nil {
		return nil, ErrServed
	}
	n.services.bySubject[s.subject] = s
	if n.services.active {
		n.records.call(func(c *nats.Conn) { s.begin(n, c) })
	}
	return func() { n.stopService(s) }, nil
}

// begin subscribes to the subject of a service.
func (s *service) begin(n *Node, c *nats.Conn) {
	if s.subscription == nil {
		s.subscription = n.listen(n.records, c, s.subject)
	}
}

func (n *Node) stopService(s *service) {
	n.services.mu.Lock()
	defer n.services.mu.Unlock()
	if n.services.bySubject[s.subject] != s {
		return
	}
	delete(n.services.bySubject, s.subject)
	n.records.call(func(*nats.Conn) {
		if s.subscription != nil {
			_ = s.subscription.Unsubscribe() // the error means that the connection has ended
		}
	})
}

// activate subscribes to all services.
func (n *Node) activate() {
	n.services.mu.Lock()
	defer n.services.mu.Unlock()
	n.services.active = true
	for _, s := range n.services.bySubject {
		n.records.call(func(c *nats.Conn) { s.begin(n, c) })
	}
}

// arrivedForService queues a record, or a part of one, for its service.
func (n *Node) arrivedForService(m *nats.Msg) {
	n.services.mu.RLock()
	s := n.services.bySubject[m.Subject]
	n.services.mu.RUnlock()
	if s == nil {
		n.drop(faultUnserved, m.Subject)
		return
	}
	f, ok := parseFrame(m.Data)
	if !ok {
		n.drop(faultMalformed, m.Subject)
		return
	}
	lane := n.arrivals.laneOf(m.Subject, f.from.node)
	if !n.arrivals.add(lane, len(m.Data), func() { n.deliverToService(s, lane, f, m) }) {
		n.drop(faultOverrun, m.Subject)
	}
}

func (n *Node) deliverToService(s *service, lane int, f frame, m *nats.Msg) {
	record, complete, why := s.senders[lane].accept(f, &n.assembly)
	n.drop(why, m.Subject)
	if complete {
		n.counts.recordsIn.Add(1)
		s.serve(f.from.node, record, n.responder(f.from, m.Reply))
	}
}

// responder returns the function that sends the response to a call.
func (n *Node) responder(to address, reply string) func([]byte) {
	// The reply comes from another node. It must be that of a call of it, so that no node can make this one send to any other subject.
	number, ok := strings.CutPrefix(reply, n.subjects.response(to, ""))
	if !ok || number == "" || strings.ContainsAny(number, ".*> ") {
		return func([]byte) {}
	}
	var responded atomic.Bool
	return func(response []byte) {
		if responded.Swap(true) {
			return
		}
		if err := n.sendRecord(reply, "", 0, response); err != nil {
			n.warn(kindResponse, "a response could not be sent to another node", "node", to.node, "error", err)
			_ = n.sendRecord(reply, "", flagRefused, nil) // if that fails too, the call ends with its context
		}
	}
}

// Send implements [linger.Cluster].
func (n *Node) Send(node, service string, record []byte) error {
	if err := checkService(service); err != nil {
		return err
	}
	to, ok := n.members.serving(node)
	if !ok {
		return linger.ErrUnreachable
	}
	return n.sendRecord(n.subjects.service(to, service), "", 0, record)
}

// sendRecord queues a record for a subject, in parts if it is large.
func (n *Node) sendRecord(subject, reply string, flags byte, record []byte) error {
	if len(record) > n.opts.MaxRecord {
		n.counts.oversized.Add(1)
		return linger.ErrRecordSize
	}
	if err := n.records.sendFrames(n.self, subject, reply, flags, record, n.maxPart); err != nil {
		n.warn(kindFull, "a record for other nodes was dropped", "subject", subject, "error", err)
		return err
	}
	n.counts.recordsOut.Add(1)
	return nil
}
