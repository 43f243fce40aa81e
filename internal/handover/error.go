package handover

import (
	"errors"
	"fmt"
)

// Reason is why a hand-over has failed.
type Reason string

// The reasons.
const (
	ReasonVersion  Reason = "version"  // the new process does not read the state that this binary writes
	ReasonTimeout  Reason = "timeout"  // a phase has taken longer than its bound
	ReasonExited   Reason = "exited"   // the new process has ended
	ReasonRefused  Reason = "refused"  // the new process has said, before it was ready, that it cannot take over
	ReasonAborted  Reason = "aborted"  // the new process has given up later
	ReasonLink     Reason = "link"     // the link has failed, or what was read from it is malformed
	ReasonGiver    Reason = "old"      // the old process cannot go on with the hand-over
	ReasonTaker    Reason = "new"      // the new process cannot go on with the hand-over; only Take returns it
	ReasonCanceled Reason = "canceled" // the context of the caller is done
)

// Error is the error of a failed hand-over.
type Error struct {
	Reason Reason
	Phase  Phase  // in which it has failed, as the old process counts; "" in the new process
	Text   string // what was wrong
	Err    error  // the cause, or nil
}

func (e *Error) Error() string {
	text := "handover: " + string(e.Reason)
	if e.Phase != "" {
		text += " in phase " + string(e.Phase)
	}
	if e.Text != "" {
		text += ": " + e.Text
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

var (
	// ErrQueueFull is returned for an operation that is not forwarded because more than [MaxQueuedOps] bytes are waiting.
	ErrQueueFull = errors.New("handover: the operation is lost: too many are waiting to be forwarded to the other process")

	// ErrEnded is returned for what cannot be sent because the link has ended.
	ErrEnded = errors.New("handover: the link to the other process has ended")

	// ErrChecked is the error of [Take] if the old process has called [Probe]: this process could have taken over.
	ErrChecked = errors.New("handover: this was a check, nothing is handed over")

	// ErrTooLarge is returned for a connection or an operation that does not fit into a message. Nothing has been sent of it.
	ErrTooLarge = fmt.Errorf("handover: the state is larger than %d bytes", MaxMessage)
)
