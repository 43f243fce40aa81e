package driver

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// noDivert fails if a call is diverted.
func noDivert(t *testing.T) func(Op) (int, error) {
	return func(op Op) (int, error) {
		t.Errorf("no call may be diverted; got %+v", op)
		return 0, nil
	}
}

// freeze freezes a connection, which may be busy for a moment.
func freeze(t *testing.T, d *Driver, divert func(Op) (int, error)) {
	t.Helper()
	for deadline := time.Now().Add(wiretest.Bound); ; time.Sleep(time.Millisecond) {
		err := d.Freeze(divert)
		if err == nil {
			return
		}
		if !errors.Is(err, ErrBusy) || time.Now().After(deadline) {
			t.Fatalf("the connection must be frozen; got %v", err)
		}
	}
}

// departed returns the state and the descriptor of a frozen connection, as the other process gets them.
func departed(t *testing.T, d *Driver) (fd int, state []byte) {
	t.Helper()
	err := d.Descriptor(func(own int) (err error) {
		fd, err = unix.FcntlInt(uintptr(own), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fd, d.AppendState(nil)
}

// arrive restores a connection in "the other process".
func arrive(t *testing.T, fd int, state []byte, opts Options) *Driver {
	t.Helper()
	d, err := Restore(fd, state, opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriverMovesIdleConnection(t *testing.T) {
	near, peer := wiretest.WirePair(t)
	defer func() { _ = peer.Close() }()
	_ = peer.SetDeadline(time.Now().Add(wiretest.Bound))
	opts := Options{}
	d := New(near, protocol.Server, nil, opts)
	d.Start(echo{})
	for range 3 {
		wantBack(t, peer, "before it moves")
		freeze(t, d, noDivert(t))
		if _, err := peer.Write(wiretest.TextFrame("meanwhile")); err != nil {
			t.Fatal(err)
		}
		fd, state := departed(t, d)
		next := arrive(t, fd, state, opts)
		d.Release()
		wantDone(t, d)
		next.Start(echo{})
		if f, err := wiretest.ReadFrame(peer); err != nil || f.String() != `text "meanwhile"` {
			t.Fatalf("what has arrived while it moved must be answered; got %v, %v", f, err)
		}
		d = next
	}
	freeze(t, d, noDivert(t))
	d.Thaw(nil)
	wantBack(t, peer, "after Thaw")
	d.CloseNow()
}
