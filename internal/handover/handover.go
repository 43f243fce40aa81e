package handover

import (
	"context"
	"os"
	"time"
)

// Giver is the old process. Its methods are called one at a time, in the order in which they are listed, except for Apply. It is called
// by the goroutine that reads the link, as Commit is, and must not block.
type Giver interface {
	// Announce sends what will probably move, while it works. send takes a connection's ID, its descriptor, and a State with
	// what does not change. It duplicates the descriptor. It blocks while the new process is slower, and can be called by several goroutines.
	//
	// send remains valid until Give returns: a connection that has been announced and ends in this process must be sent again with
	// Gone set, because the new process has a duplicate of its descriptor. For such a connection send does not block.
	Announce(send func(Connection) error) error

	// Settle stops what cannot be in progress while the connections move, and waits until it is at rest. An error ends the hand-over.
	Settle(ctx context.Context) error

	// Freeze is one round: it freezes connections, sends the state of each, and returns how many could not be frozen but can be
	// later. send is that of Announce; a connection that has been announced does not need its descriptor again (File -1).
	//
	// The first round takes what can be frozen at once. In a later round, Freeze blocks until it has frozen at least one connection or none is left
	// that will be able to move. When the deadline of ctx has passed ([context.DeadlineExceeded]), it gives up what is in progress, freezes
	// all, and returns 0. If ctx is cancelled ([context.Canceled]), it gives up nothing and returns an error.
	Freeze(ctx context.Context, send func(Connection) error) (left int, err error)

	// Yield gives up what only one process can have, such as locked files. It is called in the first round only, after the new
	// process has confirmed that it has the state of all connections.
	Yield(ctx context.Context) error

	// Commit is called once for each round: the connections frozen in it belong to the new process. Operations on them, also those
	// that have arrived since they were frozen, are from now on passed to forward, in order. Those that have waited must
	// be forwarded before Commit returns; closing the descriptors can be left to another goroutine. forward does not block.
	Commit(forward func(Op) error)

	// RollBack is called if the round has failed, or the hand-over before the first round: what has been frozen in this round goes on here.
	// If the first round has not been committed, this is true for all that Settle and Yield have done too.
	RollBack()

	// Apply does an operation that the new process has forwarded.
	Apply(op Op)
}

// QuietFreezer is a [Giver] that freezes the first round in two steps, so that the pause of a busy connection does not depend on the
// number of the others: FreezeQuiet is called before the first Freeze, and freezes what is quiet. Freeze follows when the new process has applied it.
type QuietFreezer interface {
	FreezeQuiet(ctx context.Context, send func(Connection) error) error
}

// Taker is the new process. Its methods are called one at a time, by the goroutine that has called Take.
type Taker interface {
	// Announced gets a connection that will probably move. The descriptor belongs to the Taker, which must not use it for input or
	// output. If Gone is set, the connection has ended in the old process, and what was announced of it must be closed.
	Announced(c Connection) error

	// Moved gets the state of a connection, within a round. Its File is -1 if it was announced with one. Nothing may be read from the connection
	// or written to it before Start.
	Moved(c Connection) error

	// Take gets what the old process has given up in Yield. It is called once, in the first round.
	Take(ctx context.Context) error

	// Commit is called once for each round, when the old process has asked to take over. It calls committed, which adds Committed to what is sent
	// to the old process: what has been forwarded before it is before it for the old process too. It returns the error of committed.
	// The connections of the round belong to this process when Start is called; if Abandon is called instead, they never have.
	Commit(committed func() error) error

	// Start is called once for each round, after Committed has been written and all operations have been applied that the old process has had for
	// the connections of this round. It starts what Moved has brought since the last Start: this process owns these connections.
	// Operations on connections that are still in the old process can be passed to forward, by any goroutine. It does not block.
	Start(forward func(Op) error)

	// Apply does an operation that the old process has forwarded. Its connection may be one of a round between Commit and Start. Then the operation
	// comes before those that this process has done itself, and waits with them for Start.
	Apply(op Op)

	// Abandon is called if the hand-over has ended with an error: what has not been started must be closed, without a
	// shutdown, because it does not belong to this process.
	Abandon(err error)
}

// Connection is what is sent of a connection.
type Connection struct {
	ID    string
	State []byte // the receiver may keep it
	File  int    // descriptor, or -1
	Gone  bool   // it was announced, and has ended in the old process
}

// Op is an operation on a connection, or a publish to a channel, that is forwarded to the other process.
type Op struct {
	ID      string   // connection, "" for a publish
	Channel string   // of a publish, a subscribe or an unsubscribe
	Kind    int      // what is done; its values are those of Giver and Taker, which the link does not know; at least 0
	Body    []byte   // the receiver may keep it
	Except  []string // connections that a publish is not delivered to, because the sender of the Op does it
}

// Listener is a listening socket that the new process gets.
type Listener struct {
	Name string // the same in both processes, such as the address in the configuration
	File *os.File
}

// GiveOptions are the options of [Give]. Zero values mean the defaults.
type GiveOptions struct {
	Version   string     // of this binary, for messages
	State     []byte     // what the new process gets before all connections, if not nil
	Listeners []Listener // remain open here

	ReadyTimeout  time.Duration // bound of the phases hello and ready together, 30 seconds by default
	SettleTimeout time.Duration // bound of the phases announce and settle, each; 10 seconds by default
	RoundTimeout  time.Duration // bound of a round, from the first frozen connection to Committed; 10 seconds by default
	DrainTimeout  time.Duration // bound of the later rounds, after which what is in progress is given up; 30 seconds by default

	// Linger, if not nil, is called after the last round: it returns when nothing is left in this process, or when ctx is done.
	// Operations are forwarded until it has returned.
	Linger func(ctx context.Context) error

	// Kill, if not nil, ends the new process and returns when it has ended. It is called if the hand-over fails before the first Committed.
	Kill func()

	// Exited, if not nil, is closed when the new process has ended. Without it, the end of the link says so.
	Exited <-chan struct{}

	// Progress, if not nil, is called at the beginning of each phase, with what is known so far.
	Progress func(Phase, Report)
}

// TakeOptions are the options of [Take].
type TakeOptions struct {
	Terms    *Terms   // what Greet has returned on this link; nil if it has not been called, so that Take does it
	Greeting Greeting // of this binary, if Terms is nil

	// State, if not nil, gets the State of GiveOptions.
	State func(state []byte) error

	// Listener gets the listeners, and owns the file. If it is nil, they are closed.
	Listener func(name string, file *os.File) error
}

// Report is the result of [Give], also of one that has failed.
type Report struct {
	Version   string // of the new process
	PID       int    // of the new process
	Committed bool   // the new process has taken over: it has the connections that have moved, and accepts
	Announced int    // connections sent while they worked
	Moved     int    // connections that belong to the new process
	Left      int    // connections that could not be frozen in the first round
	Rounds    int    // rounds that have been committed
	Ops       int    // operations forwarded to the new process
	Lost      int    // operations that could not be forwarded: the queue was full, or the link has ended
	Bytes     int64  // written to the link

	Ready    time.Duration // from the beginning until the new process was ready
	Announce time.Duration // of the phase
	Settle   time.Duration // of the phase
	Pause    time.Duration // from the first frozen connection to Committed, in the first round
	Total    time.Duration // of everything
}
