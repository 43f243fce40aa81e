package websocket

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// wantEnded fails unless the context of a call has ended with an error, or has not ended if that is nil.
func wantEnded(t *testing.T, call *deadlineContext, want error, when string) {
	t.Helper()
	var ctx context.Context = call
	synctest.Wait()
	if err := ctx.Err(); !errors.Is(err, want) {
		t.Errorf("%s the error must be %v; got %v", when, want, err)
	}
	select {
	case <-ctx.Done():
		if want == nil {
			t.Errorf("%s the context must not have ended", when)
		}
	default:
		if want != nil {
			t.Errorf("%s the context must have ended", when)
		}
	}
}

func TestDeadlineSetDuringCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeadline()
		waits := d.context()
		wantEnded(t, waits, nil, "without a deadline")
		d.set(time.Now().Add(time.Second))
		d.set(time.Now().Add(time.Minute))
		time.Sleep(2 * time.Second)
		wantEnded(t, waits, nil, "after a deadline that was moved away")
		d.set(time.Time{})
		time.Sleep(time.Hour)
		wantEnded(t, waits, nil, "after a deadline that was removed")
		d.set(time.Now().Add(time.Second))
		time.Sleep(2 * time.Second)
		wantEnded(t, waits, os.ErrDeadlineExceeded, "after the deadline")
		wantEnded(t, d.context(), os.ErrDeadlineExceeded, "after the deadline, for a new call,")
	})
}

func TestDeadlineSetAfterPassing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeadline()
		d.set(time.Now())
		passed := d.context()
		wantEnded(t, passed, os.ErrDeadlineExceeded, "at the deadline")
		d.set(time.Now().Add(time.Second))
		wantEnded(t, d.context(), nil, "before the new deadline")
		wantEnded(t, passed, os.ErrDeadlineExceeded, "for a call that the old deadline has ended,")
	})
}

func TestDeadlineClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeadline()
		waits := d.context()
		d.set(time.Now().Add(time.Second))
		d.close(net.ErrClosed)
		d.close(os.ErrInvalid)
		wantEnded(t, waits, net.ErrClosed, "after close")
		if d.set(time.Now().Add(time.Hour)) {
			t.Error("a closed deadline must not be moved")
		}
		time.Sleep(2 * time.Second)
		wantEnded(t, d.context(), net.ErrClosed, "after close and the deadline")

		passed := newDeadline()
		passed.set(time.Now())
		passed.close(net.ErrClosed)
		wantEnded(t, passed.context(), net.ErrClosed, "if the deadline passed before close,")
	})
}

func TestDeadlineContext(t *testing.T) {
	var ctx context.Context = newDeadline().context()
	if _, known := ctx.Deadline(); known || ctx.Value("key") != nil {
		t.Error("the context must have no deadline, since that may be moved, and no values")
	}
}
