package driver

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// passCloseTimer waits until the peer has made the progress that a connection needs at the end of its close timer, and lets the
// timer end. It takes the number of bytes that the transport had taken at the end before, and returns the present one.
func passCloseTimer(t *testing.T, d *Driver, before int64) (written int64) {
	t.Helper()
	for deadline := time.Now().Add(wiretest.Bound); ; time.Sleep(time.Millisecond) {
		d.wake()
		written = d.keepAlive.written
		progress := written-before >= minProgress || d.delivers()
		d.rest()
		if progress {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("what the peer reads is progress; none was seen")
		}
	}
	d.expire(protocol.TimerClose)
	d.wake()
	defer d.rest()
	if d.armed != protocol.TimerClose {
		t.Fatal("for a peer that reads the close timer is set again")
	}
	return written
}

// CloseTimeout bounds the time without progress, not the time that the peer takes to read everything. The test lets the timer
// end, so it does not depend on time.
func TestDriverCloseSlowPeer(t *testing.T) {
	const messages, size = 8, 1 << 20
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		t.Parallel()
		d, h, f := onWire(t, role, secure, Options{KeepAlive: -1})
		_ = f.TCP.SetReadBuffer(64 << 10)
		for i := range messages {
			if _, err := d.Send(protocol.Binary, append(make([]byte, size-1), byte(i))); err != nil {
				t.Fatal(err)
			}
		}
		_ = d.Close(4001, "")
		if d.Queued() == 0 {
			t.Fatal("the kernel must not accept everything at once")
		}
		var written int64
		for i := range messages {
			got, err := f.ReadFrame(t)
			if err != nil || len(got.Payload) != size || got.Payload[size-1] != byte(i) {
				t.Fatalf("message %d must be complete and precede our Close; got %v, %v", i, got, err)
			}
			written = passCloseTimer(t, d, written)
		}
		f.WantFrame(t, "close 4001")
		f.Send(t, f.Closing(4001))
		h.want(t, "clean, received 4001, sent 4001, first local, close")
		f.End()
		f.WantEOF(t)
		wantDone(t, d)
	})
}

// After CloseTimeout the connection is aborted, and the peer gets a reset instead of the
// bytes that the kernel still holds.
func TestDriverClosePeerThatNeverReads(t *testing.T) {
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		t.Parallel()
		d, h, f := onWire(t, role, secure, Options{KeepAlive: -1, CloseTimeout: stuckBound})
		_ = f.TCP.SetReadBuffer(16 << 10)
		_, _ = d.Send(protocol.Binary, make([]byte, 8<<20))
		start := time.Now()
		_ = d.Close(4001, "")
		wantDone(t, d)
		if took := time.Since(start); took < stuckBound {
			t.Errorf("the connection must not be aborted before %v; it took %v", stuckBound, took)
		}
		h.want(t, "not clean, received 1006, sent 4001, first local, timeout")
		if _, err := io.Copy(io.Discard, f.TCP); err == nil || errors.Is(err, net.ErrClosed) {
			t.Errorf("the peer must get a reset; got %v", err)
		}
	})
}
