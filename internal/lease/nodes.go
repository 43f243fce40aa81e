package lease

import (
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/internal/latch"
)

// nodes is what this node has observed of the leases of all nodes. It may be out of date, and need not have every change. So a node has
// lost its lease only if a later revision of its own entry was observed; the absence of an entry is no evidence.
type nodes struct {
	clock clock
	ended func(name string) // called when the lease of a node has ended

	mu      sync.Mutex
	leases  map[string]observed
	changed latch.Latch
}

// observed is the lease of a node as it was last observed.
type observed struct {
	nodeValue
	readable bool // nodeValue is known
	deleted  bool
	revision uint64
	at       time.Time // when this revision was observed first, by the clock of this node
}

// maxNodes bounds the leases that are observed. For more nodes, those that have ended are forgotten; further nodes get no objects.
const maxNodes = 1024

// life is what is known of a node with an incarnation.
type life uint8

const (
	unknown life = iota
	alive
	dead // its lease has ended, and cannot be renewed
)

// observe records a change, or what was read.
func (n *nodes) observe(e Entry) {
	name, ok := strings.CutPrefix(e.Key, nodePrefix)
	if !ok || !ident.IsNode(name) {
		return
	}
	if n.record(name, e) {
		n.ended(name)
	}
}

// record is observe for the entry of a node. It reports whether the lease of the node has ended with it.
func (n *nodes) record(name string, e Entry) (ended bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	last, known := n.leases[name]
	if known && e.Revision <= last.revision || !known && !n.room() {
		return false
	}
	v, err := parseNode(e.Value)
	n.leases[name] = observed{v, err == nil, e.Deleted, e.Revision, n.clock.now()}
	n.changed.Release()
	return e.Deleted && !last.deleted
}

// room makes room for a lease, and reports whether there is. mu is held.
func (n *nodes) room() bool {
	if len(n.leases) < maxNodes {
		return true
	}
	for name, seen := range n.leases {
		if seen.deleted {
			delete(n.leases, name)
			return true
		}
	}
	return false
}

// lifeOf returns what is known of the node of an owner.
func (n *nodes) lifeOf(o owner) life {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen := n.leases[o.node]
	switch {
	case seen.deleted && seen.revision > o.since:
		return dead
	case seen.deleted || !seen.readable:
		return unknown
	case seen.incarnation == o.incarnation:
		return alive
	case seen.revision > o.since:
		return dead // the node has another incarnation since, and none is used again
	}
	return unknown
}

// next returns a channel that is closed at the next change.
func (n *nodes) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changed.Next()
}

// takes reports whether a node has a lease and takes objects.
func (n *nodes) takes(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen := n.leases[name]
	return seen.readable && !seen.deleted && !seen.retiring
}

// lives reports whether a node has a lease.
func (n *nodes) lives(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen, ok := n.leases[name]
	return ok && !seen.deleted
}

// expired returns the revisions of the leases, by node, that were not renewed for a time. Those with the incarnation own are left out.
func (n *nodes) expired(after time.Duration, own string) map[string]uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found map[string]uint64
	for name, seen := range n.leases {
		if seen.deleted || n.clock.now().Sub(seen.at) < after || own != "" && seen.incarnation == own {
			continue
		}
		if found == nil {
			found = map[string]uint64{}
		}
		found[name] = seen.revision
	}
	return found
}
