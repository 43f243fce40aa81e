package cluster

import (
	"cmp"
	"slices"
	"time"
)

// Status is the state of a node, and of the cluster as far as the node has received it.
type Status struct {
	Node      string
	Cluster   string        // its name
	Connected bool          // there is a connection to a NATS server
	Server    string        // the address or the name of that server
	RTT       time.Duration // to that server, as measured every two seconds
	Pending   int64         // bytes that wait to be sent
	Waiting   int64         // bytes that have arrived and wait to be delivered
	Nodes     []Member      // the other processes, by name
	Topics    int           // the topics to which the node is subscribed
	Calls     int           // the calls in progress

	RecordsIn, RecordsOut uint64
	BytesIn, BytesOut     uint64 // with the headers of frames
	Dropped               Dropped
	Reconnects            uint64

	// Refused is what the NATS server has refused since the connection was made: subscriptions beyond the rights or the limits of the account, whose
	// records do not arrive, and records on subjects without a right. It is 0 if all is well.
	Refused int

	Storage StorageStatus
}

// Member is another process of the cluster.
type Member struct {
	Node        string
	Incarnation uint64 // differs between the processes of a node
	Version     string
	LastSeen    time.Time
	Serving     bool // it has the services of its node; one that replaces another process has them later
}

// Dropped counts the records that a node has dropped, by reason.
type Dropped struct {
	Full       uint64 // to be sent, with a full queue or a broken link: ErrClusterFull
	Unsent     uint64 // in the queue when the link had been broken for five seconds
	Overrun    uint64 // received, and too many waited to be delivered
	Malformed  uint64 // received, and not in the format of records
	Disordered uint64 // received twice, or after later ones of the same sender
	Incomplete uint64 // received in parts, of which one was lost
	Oversized  uint64 // larger than MaxRecord
	Unserved   uint64 // received after the subscription or the service had ended
}

// StorageStatus is the state of the storage of the cluster. It is asked for every two seconds once the storage is in use.
type StorageStatus struct {
	Ready    bool   // it has answered: there is a majority
	Leader   string // the server that leads the stream of the store; empty if there is none, or only one server
	Servers  int    // those with a copy that is up to date
	Replicas int    // the copies that there should be
	Requests int    // in progress
}

// Status returns the status of the node. It does not wait for the network.
func (n *Node) Status() Status {
	s := Status{
		Node: n.self.node, Cluster: n.opts.Name,
		Pending: n.records.pending.Load() + n.control.pending.Load(), Waiting: n.arrivals.pending.Load(),
		RecordsIn: n.counts.recordsIn.Load(), RecordsOut: n.counts.recordsOut.Load(),
		BytesIn: n.counts.bytesIn.Load(), BytesOut: n.counts.bytesOut.Load(), Reconnects: n.counts.reconnects.Load(),
		Dropped: Dropped{
			Full: n.counts.full.Load(), Unsent: n.counts.unsent.Load(), Overrun: n.counts.overrun.Load(), Malformed: n.counts.malformed.Load(),
			Disordered: n.counts.disordered.Load(), Incomplete: n.counts.incomplete.Load(), Oversized: n.counts.oversized.Load(),
			Unserved: n.counts.unserved.Load(),
		},
		Refused: n.records.refusals() + n.control.refusals(), Storage: n.storage.status(),
	}
	c := n.records.connection
	s.Connected = c.IsConnected()
	if s.Server = c.ConnectedUrlRedacted(); n.server != nil {
		s.Server = "embedded"
	}
	s.RTT = time.Duration(n.rtt.Load())
	n.topics.mu.RLock()
	s.Topics = len(n.topics.bySubject)
	n.topics.mu.RUnlock()
	n.calls.mu.Lock()
	s.Calls = len(n.calls.byNumber)
	n.calls.mu.Unlock()
	n.members.mu.RLock()
	for a, m := range n.members.others {
		s.Nodes = append(s.Nodes, Member{a.node, a.incarnation, m.version, m.lastSeen, m.serving})
	}
	n.members.mu.RUnlock()
	slices.SortFunc(s.Nodes, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	return s
}
