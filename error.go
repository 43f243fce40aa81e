package linger

import "errors"

// Errors of this package. They are stable: compare with errors.Is.
var (
	// ErrClosed: the connection is closing or closed; what was sent is dropped.
	ErrClosed = errors.New("linger: the connection is closing or closed, nothing can be sent on it any more")

	// ErrQueueFull: the peer does not read fast enough, the message was dropped. Under
	// PolicyClose the connection is being closed with 1013.
	ErrQueueFull = errors.New("linger: the send queue is full, the message was dropped; wait for the peer to read, or raise Options.SendQueue")

	// ErrEarlyFull: before the 101, when nothing can leave, as much as Options.SendQueue
	// or 32,768 messages wait. The message was dropped, and the connection is as it was.
	// errors.Is finds ErrQueueFull too. Under PolicyDrop the error is that one.
	ErrEarlyFull error = earlyFull{}

	// ErrAnswered: the upgrade request has been answered by Accept or Respond, or
	// its time is over.
	ErrAnswered = errors.New("linger: the upgrade request is answered already; call Accept or Respond once, before Upgrade returns")

	// ErrChannelName: a channel name is 1 to 256 bytes.
	ErrChannelName = errors.New("linger: a channel name has 1 to 256 bytes")

	// ErrChannels: a connection is subscribed to Options.MaxChannels at the most.
	ErrChannels = errors.New("linger: too many subscriptions on one connection; unsubscribe some, or raise Options.MaxChannels")

	// ErrDataSize: the data of a connection is 64 KiB at the most, encoded.
	ErrDataSize = errors.New("linger: the connection's data is over 64 KiB when saved; keep the rest elsewhere, under the connection's id")

	// ErrAutoResponse: request and response have 2,048 bytes at the most.
	ErrAutoResponse = errors.New("linger: the request and the response of an automatic answer have 2,048 bytes at the most")

	// ErrShutdown: Shutdown's time was over before every close event was handled, or before
	// every plain request was answered.
	ErrShutdown = errors.New("linger: shutdown ended before every close event was handled and every request answered")
)

type earlyFull struct{}

func (earlyFull) Error() string {
	return "linger: the send queue is full before the upgrade handler has returned, the message was dropped; send the rest later, in the Drain event for instance, or raise Options.SendQueue"
}

// Is makes it an [ErrQueueFull] of its own kind.
func (earlyFull) Is(target error) bool { return target == ErrQueueFull }
