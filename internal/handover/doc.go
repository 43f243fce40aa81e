// Package handover moves connections from one process to another over a Unix socket, the link: their descriptors and the state that
// belongs to them. It has the messages, the order in which they are sent, the bounds of time, and the roll-back. It knows nothing
// of what a connection is: the old process implements [Giver] and calls [Give], the new process implements [Taker] and calls
// [Take].
//
// The phases are described at [Phase]. At each moment exactly one of the two processes owns a connection, which means that it
// reads from it, writes to it and runs its timers. The old process owns it until the new one has written the message Committed to the link.
// Only whether that message can be read from the link decides, so the two processes agree even if one of them
// ends at any moment. docs/dev/handover.md has the format of the link.
//
// It works on Linux. Elsewhere all functions return errors that wrap [errors.ErrUnsupported].
package handover

// The versions of the state that this binary knows. A binary writes StateVersion only, and reads all from OldestStateVersion on.
// A change of the state that older binaries can skip, a new field, does not need another version.
const (
	StateVersion       = 1
	OldestStateVersion = 1
)

// Phase is a part of a hand-over, as the old process sees it.
type Phase string

// The phases, in their order.
const (
	PhaseHello    Phase = "hello"    // waits until the new process has said which versions of the state it reads
	PhaseReady    Phase = "ready"    // waits until the new process has loaded what it needs
	PhaseAnnounce Phase = "announce" // sends listeners, descriptors and what does not change; the connections go on
	PhaseSettle   Phase = "settle"   // waits until what cannot be in two processes is at rest
	PhaseFreeze   Phase = "freeze"   // the first round: sends the state of frozen connections
	PhaseCommit   Phase = "commit"   // the new process has all of it and is asked to take over
	PhaseDrain    Phase = "drain"    // later rounds: connections whose events were in progress
	PhaseLinger   Phase = "linger"   // waits for connections that cannot move
	PhaseDone     Phase = "done"     // nothing is left here
)
