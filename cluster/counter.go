package cluster

import "sync/atomic"

// counters count what a node has sent, received and dropped.
type counters struct {
	framesOut, bytesOut atomic.Uint64
	framesIn, bytesIn   atomic.Uint64
	recordsOut          atomic.Uint64
	recordsIn           atomic.Uint64
	full                atomic.Uint64 // refused because SendQueue was full or the link broken
	unsent              atomic.Uint64 // queued, and dropped because the link was broken for too long
	overrun             atomic.Uint64 // received, and dropped because ReceiveQueue was full
	malformed           atomic.Uint64 // received, and not a frame
	disordered          atomic.Uint64 // received twice, or after later ones
	incomplete          atomic.Uint64 // records of which a part was lost
	oversized           atomic.Uint64 // records larger than MaxRecord
	unserved            atomic.Uint64 // records for a service or a topic that has no function any more
	reconnects          atomic.Uint64
}
