package driver

// A LoopGroup is a set of event loops. Each of them reads for many connections on one
// goroutine, and calls their handlers; docs/io.md describes how. There are event loops on
// Linux, for plain TCP. Every other connection has a goroutine that reads for it, and the
// group does nothing.
//
// The loops start with the first connection of the group: GOMAXPROCS goroutines, each with
// a descriptor, and one goroutine that monitors them. The group has the keep-alive timers
// of its connections, and measures how long handlers take: while many are slow, it calls
// them on separate goroutines. Groups share none of this, so the slow handlers of one
// server do not affect the connections of a server with another group.
//
// The zero value is ready to use. A LoopGroup must not be copied. Its goroutines remain until
// [LoopGroup.Stop] is called.
type LoopGroup struct {
	// IO is the way of the connections of the group whose Options.IO is [IOAuto]. It must not be changed while the group
	// has connections.
	IO IO

	settings settingsCache
	loops    loopSet
}

var defaultLoopGroup LoopGroup

// DefaultLoopGroup returns the group of all connections whose Options.LoopGroup is nil.
func DefaultLoopGroup() *LoopGroup { return &defaultLoopGroup }

// Stop makes the loops end when the last connection of the group has been closed. It
// returns at once, and closes no connection: those that are open work as before. A
// connection that is made after Stop gets a goroutine, as with [IOBlocking].
func (g *LoopGroup) Stop() { g.loops.stop() }

// Done returns a channel that is closed when, after [LoopGroup.Stop], the loops have ended
// and their descriptors are closed. Calls of handlers that have not returned by then keep
// their goroutines until they do.
func (g *LoopGroup) Done() <-chan struct{} { return g.loops.doneChannel() }

// RingError returns why the connections of the group that select [IORing] are read and written as with [IOReadiness]: io_uring is
// not permitted, or the kernel does not have what it takes, or it had no memory or descriptor. It returns nil if they have
// rings, or none has selected them.
func (g *LoopGroup) RingError() error { return g.loops.ringError() }

// loopGroup returns the group of a connection with these options.
func (o *Options) loopGroup() *LoopGroup {
	if o.LoopGroup != nil {
		return o.LoopGroup
	}
	return &defaultLoopGroup
}
