package worker

import "time"

// ClusterStatus is what a node does for the Durable Objects of its cluster. Numbers of what has happened count since the start.
type ClusterStatus struct {
	Owned          int           // objects that this node owns
	LeaseRemaining time.Duration // until the node has to stop its objects, unless it renews its lease; 0 without one
	Placements     uint64        // objects whose owner the store has decided
	Takeovers      uint64        // objects that were taken over from a node that has ended
	LeasesLost     uint64        // how often the node has lost its lease

	ShippedBytes uint64        // bytes of transactions that the log of the cluster has acknowledged
	PendingBytes int64         // bytes of transactions that it has not acknowledged
	PendingAge   time.Duration // the age of the first of them
	Restored     uint64        // objects whose database was restored from the log

	Sent, Received uint64 // calls and requests that were sent to other nodes, and those that other nodes have sent
	Moved          uint64 // those that were sent again, because the other node did not have the object any more
	Failed         uint64 // those that have no answer: the other node was lost, or no node could take the object in time
	Dropped        uint64 // records of other nodes that were malformed, of an earlier session, or of a kind that this version does not have
	AlarmsDropped  uint64 // alarms that were not written to the store of the cluster, because too many waited: they are late if this node ends

	WebSockets ClusterWebSockets
}

// ClusterWebSockets are the WebSockets of Durable Objects whose connection and object are on different nodes.
type ClusterWebSockets struct {
	Connections int // those whose connection is on this node, also while no node has the object
	Objects     int // those whose object is on this node

	Sent, Received uint64 // events that were sent to the owners of objects, and those that other nodes have sent to this one
	Interrupted    uint64 // events that the owner of the object had begun when it was lost: they may not have been completed
	Moved          uint64 // how often a connection of this node was attached to another owner
	Unplaced       uint64 // connections that were closed because no node had the object in time, or because the object did not accept them
	Slow           uint64 // connections that were closed because they read too slowly what objects of this node have sent
	LostStreams    uint64 // streams to other nodes that have ended: the node did not answer, or has restarted
	Dropped        uint64 // records of other nodes that were malformed, or of a kind that this version does not have
}

// Cluster returns what this node does for the objects of its cluster, nothing without Options.Shared.
func (a *App) Cluster() ClusterStatus {
	if a.cluster == nil {
		return ClusterStatus{}
	}
	log := a.replicas.stats()
	status := ClusterStatus{ShippedBytes: log.shippedBytes, PendingBytes: log.pendingBytes, PendingAge: log.oldest, Restored: log.restores}
	if closed(a.cluster.started) {
		s := a.cluster.leases.Stats()
		status.Owned, status.LeaseRemaining = s.Owned, s.Remaining
		status.Placements, status.Takeovers, status.LeasesLost = s.Placements, s.Takeovers, s.Lost
	}
	counts := &a.cluster.counts
	status.Sent, status.Received, status.Moved = counts.sent.Load(), counts.received.Load(), counts.moved.Load()
	status.Failed, status.Dropped = counts.failed.Load(), counts.dropped.Load()
	status.AlarmsDropped = a.cluster.alarms.dropped.Load()
	status.WebSockets = a.sockets.status()
	return status
}

// status returns the WebSockets between this node and the others.
func (all *clusterSockets) status() ClusterWebSockets {
	counts := &all.counts
	relays, distants := all.open()
	return ClusterWebSockets{
		Connections: relays, Objects: distants,
		Sent: counts.sent.Load(), Received: counts.received.Load(), Interrupted: counts.interruptedEvents.Load(), Moved: counts.moved.Load(),
		Unplaced: counts.closed.Load(), Slow: counts.tooSlow.Load(), LostStreams: all.mesh.Lost(), Dropped: counts.dropped.Load(),
	}
}
