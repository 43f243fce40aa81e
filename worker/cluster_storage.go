package worker

import (
	"context"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// replicas keeps the databases of the objects of this node in the log of the cluster. It has no effect without Options.Shared. Its methods may be called
// from any goroutine but that of an event loop, because they wait for the log.
type replicas struct {
	app *App

	// alarmSet is called when a transaction that sets or deletes the alarm of an object is durable, with the zero time if none is set any more. It must
	// not block. It may be nil.
	alarmSet func(ref script.ObjectRef, at time.Time)
}

// take makes the local database of an object what the log of the cluster has, and takes the log over with the fencing token of the object's owner. It must
// return without an error before the object handles an event. The error is [replica.ErrFenced] if another node has taken the log over
// meanwhile; then the object must be placed again.
func (r *replicas) take(ctx context.Context, ref script.ObjectRef, token uint64) error {
	_, _, _ = ctx, ref, token
	return nil
}

// release writes everything that the object has committed to the log, and gives the log up, before another node may take it. No instance may have the
// object any more. After an error what was acknowledged is nevertheless in the log, if it was acknowledged with [Sync].
func (r *replicas) release(ctx context.Context, ref script.ObjectRef) error {
	_, _ = ctx, ref
	return nil
}

// lose gives the log of an object up at once, because this node does not own the object any more. What was not written to the log is lost: commits in progress
// fail with cause.
func (r *replicas) lose(ref script.ObjectRef, cause error) {
	_, _ = ref, cause
}
