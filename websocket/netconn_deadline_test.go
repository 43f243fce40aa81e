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

func wantEnded(t *testing.T, call *deadlineContext, want error, when string) {
	t.Helper()
	var ctx context.Context = call
	synctest.Wait()
	if err := ctx.Err(); !errors.Is(err, want) {
		t.Errorf("%s a call must be told %v; got %v", when, want, err)
	}
	select {
	case <-ctx.Done():
		if want == nil {
			t.Errorf("%s a call must go on", when)
		}
	default:
		if want != nil {
			t.Errorf("%s a call must not go on", when)
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
		wantEnded(t, waits, nil, "after a deadline that was taken back")
		d.set(time.Now().Add(time.Second))
		time.Sleep(2 * time.Second)
		wantEnded(t, waits, os.ErrDeadlineExceeded, "after the deadline")
		wantEnded(t, d.context(), os.ErrDeadlineExceeded, "after the deadline, for those that begin later,")
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
		wantEnded(t, passed, os.ErrDeadlineExceeded, "for those that were told the old one")
	})
}

func TestDeadlineClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeadline()
		waits := d.context()
		d.set(time.Now().Add(time.Second))
		d.close(net.ErrClosed)
		d.close(os.ErrInvalid)
		wantEnded(t, waits, net.ErrClosed, "at the end")
		if d.set(time.Now().Add(time.Hour)) {
			t.Error("after the end a deadline must not be moved")
		}
		time.Sleep(2 * time.Second)
		wantEnded(t, d.context(), net.ErrClosed, "after the end")

		passed := newDeadline()
		passed.set(time.Now())
		passed.close(net.ErrClosed)
		wantEnded(t, passed.context(), net.ErrClosed, "at an end behind the deadline")
	})
}

func TestDeadlineContext(t *testing.T) {
	var ctx context.Context = newDeadline().context()
	if _, known := ctx.Deadline(); known || ctx.Value("key") != nil {
		t.Error("a limit must promise no moment, since it may be moved, and hold no values")
	}
}
