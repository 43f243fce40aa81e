package linger

import (
	"errors"

	"github.com/lingerws/linger/internal/drain"
)

// Errors of this package. Compare with errors.Is.
var (
	// ErrClosed means that the connection is closing or closed. What was sent is dropped.
	ErrClosed = errors.New("linger: the connection is closing or closed, nothing can be sent on it any more")

	// ErrQueueFull means that the peer does not read fast enough. The message was dropped, and under PolicyClose the connection is
	// being closed with 1013.
	ErrQueueFull = errors.New("linger: the send queue is full, the message was dropped; wait for the peer to read, or raise Options.SendQueue")

	// ErrEarlyFull means that as much as Options.SendQueue, or 32,768 messages, wait before the 101, when nothing can leave. The
	// message was dropped, and the connection has not changed. errors.Is also reports it as ErrQueueFull. Under PolicyDrop the
	// error is ErrQueueFull itself.
	ErrEarlyFull error = earlyFull{}

	// ErrAnswered means that Accept or Respond has answered the upgrade request, or that its time is over.
	ErrAnswered = errors.New("linger: the upgrade request is answered already; call Accept or Respond once, before Upgrade returns")

	// ErrChannelName means that a channel name is empty or has more than 256 bytes.
	ErrChannelName = errors.New("linger: a channel name has 1 to 256 bytes")

	// ErrChannels means that the connection has Options.MaxChannels subscriptions.
	ErrChannels = errors.New("linger: too many subscriptions on one connection; unsubscribe some, or raise Options.MaxChannels")

	// ErrDataSize means that the encoded data of a connection has more than 64 KiB.
	ErrDataSize = errors.New("linger: the connection's data is over 64 KiB when saved; keep the rest elsewhere, under the connection's id")

	// ErrAutoResponse means that a request or response has more than 2,048 bytes.
	ErrAutoResponse = errors.New("linger: an automatic response, and the request for it, have 2,048 bytes at most")

	// ErrShutdown means that the time of Shutdown was over before every close event was handled, or before every plain request
	// was answered.
	ErrShutdown = errors.New("linger: shutdown ended before every close event was handled and every request answered")

	// ErrHandingOver means that a hand-over is in progress, or that another process has taken over.
	ErrHandingOver = errors.New("linger: a hand-over is in progress, or another process has taken over; wait for its end")

	// ErrUnreachable means that a node is not a member of the cluster, or is not connected at the moment.
	ErrUnreachable = errors.New("linger: the node is not connected to the cluster; it has ended, or the link to it is broken")

	// ErrClusterFull means that the queue to the other nodes is full, because the link is broken or too slow. The record was dropped.
	ErrClusterFull = errors.New("linger: too much waits to be sent to the other nodes, so the record was dropped; the link is broken or too slow")

	// ErrRecordSize means that a record is larger than the cluster can send.
	ErrRecordSize = errors.New("linger: the record is too large for the cluster; send less at a time")

	// ErrRefused means that another node could not do what it was asked for: it is too busy, or has another version of the program.
	ErrRefused = errors.New("linger: another node has refused a request")

	// ErrDraining means that Drain was called while another drain is in progress, after one of all connections, or after Shutdown.
	ErrDraining = drain.ErrInProgress

	// ErrDrainCancelled means that CancelDrain, a drain of all connections, or Shutdown has ended a drain.
	ErrDrainCancelled = drain.ErrCancelled

	// ErrDrainTimeout means that DrainOptions.Timeout is over and connections are left. The server stays as it is during a drain.
	ErrDrainTimeout = drain.ErrTimeout
)

type earlyFull struct{}

func (earlyFull) Error() string {
	return "linger: the send queue is full before the upgrade handler has returned, the message was dropped; send the rest later, in the Drain event for instance, or raise Options.SendQueue"
}

// Is makes errors.Is report the error as [ErrQueueFull] too.
func (earlyFull) Is(target error) bool { return target == ErrQueueFull }
