package worker

import (
	"time"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/replica"
)

// Shared is what the nodes of a cluster share for Durable Objects. A Node of package cluster has the store and the log.
type Shared struct {
	// Store has the owners of objects.
	Store lease.Store

	// Log has what objects have written, for the nodes that own them later.
	Log replica.Log

	// Durability decides when what an object sends may leave.
	Durability Durability

	// Lease is the time after which other nodes may take over the objects of a node that does not answer; 0 means 10 s. A node that
	// cannot renew its lease stops its objects before that.
	Lease time.Duration
}

// Durability decides how many copies of what an object has written there are before anything that it sends later leaves.
type Durability uint8

const (
	// Async waits for the disk of this node. The loss of the node loses the transactions that the log of the cluster has not
	// acknowledged.
	Async Durability = iota

	// Sync waits for the log of the cluster.
	Sync
)
