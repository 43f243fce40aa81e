package worker

import "github.com/lingerws/linger/worker/internal/engine"

// deferred is what the install and activate events have done to connections, in order. It
// takes effect when their version is in use: an answer that came earlier would go to the last
// version, and a version that is not used has done nothing.
type deferred struct {
	actions []func()
	bytes   int
}

const (
	maxDeferred = 16 << 20 // bytes
	actionSize  = 128      // what an action takes beside its payload
)

// act does something to connections: now, or when the version that is being activated is in
// use. size is that of its payload in bytes.
func (in *instance) act(size int, do func()) error {
	if !in.activating {
		do()
		return nil
	}
	d := &in.deferred
	if d.bytes += size + actionSize; d.bytes > maxDeferred {
		return &engine.Throw{Name: "RangeError", Message: "install and activate send at most 16 MiB, which waits until the version is in use: send the rest with the first event of each connection"}
	}
	d.actions = append(d.actions, do)
	return nil
}

// enact has the deferred actions take effect, before the engine's first event.
func (in *instance) enact() {
	for _, do := range in.deferred.actions {
		do()
	}
	in.deferred = deferred{}
}
