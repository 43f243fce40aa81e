package worker

import "time"

// ClusterStatus is what a node does for the Durable Objects of its cluster. Numbers of what has happened count since the start.
type ClusterStatus struct {
	Owned          int           // objects that this node owns
	LeaseRemaining time.Duration // until the node has to stop its objects, unless it renews its lease; 0 without one
	Placements     uint64        // objects whose owner the store has decided
	Takeovers      uint64        // objects that were taken over from a node that has ended
	LeasesLost     uint64        // how often the node has lost its lease
}

// Cluster returns what this node does for the objects of its cluster, nothing without Options.Shared.
func (a *App) Cluster() ClusterStatus {
	if a.cluster == nil {
		return ClusterStatus{}
	}
	select {
	case <-a.cluster.started:
	default:
		return ClusterStatus{}
	}
	s := a.cluster.leases.Stats()
	return ClusterStatus{Owned: s.Owned, LeaseRemaining: s.Remaining, Placements: s.Placements, Takeovers: s.Takeovers, LeasesLost: s.Lost}
}
