// Package lease decides which node of a cluster owns what: at most one node at a time, by leases in a store that all nodes share.
//
// A node has one lease, the entry "node/NAME", which it renews. Whatever it owns refers to that lease, so nothing else is renewed. A lease that was not
// renewed for its time is removed by the first node that notices; then others may take what its node owned. A node counts the end of its own lease
// from before it sent the last renewal, and ends it a margin earlier than others do. docs/dev/cluster.md has the rules, and why they are enough.
package lease
