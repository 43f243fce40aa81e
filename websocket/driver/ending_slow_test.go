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

// slowly is a connection that is read in small steps.
type slowly struct {
	net.Conn
	tick *time.Ticker
}

func (s slowly) Read(p []byte) (int, error) {
	<-s.tick.C
	return s.Conn.Read(p[:min(len(p), 32<<10)])
}

// CloseTimeout is shorter than the peer takes to read everything: it bounds the time
// without progress.
func TestDriverCloseSlowPeer(t *testing.T) {
	const messages, size, closeTimeout = 8, 1 << 20, time.Second
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		t.Parallel()
		d, h, f := onWire(t, role, secure, Options{KeepAlive: -1, CloseTimeout: closeTimeout})
		_ = f.TCP.SetReadBuffer(64 << 10)
		pace := 6 * time.Millisecond
		if secure {
			pace /= 6 // a step is a TLS record, which is small
		}
		tick := time.NewTicker(pace)
		defer tick.Stop()
		f.R.Reset(slowly{f.Conn, tick})
		for i := range messages {
			if _, err := d.Send(protocol.Binary, append(make([]byte, size-1), byte(i))); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		_ = d.Close(4001, "")
		for i := range messages {
			got, err := f.ReadFrame(t)
			if err != nil || len(got.Payload) != size || got.Payload[size-1] != byte(i) {
				t.Fatalf("message %d must be complete and precede our Close; got %v, %v", i, got, err)
			}
		}
		f.WantFrame(t, "close 4001")
		if took := time.Since(start); took < closeTimeout {
			t.Errorf("the peer must take longer than CloseTimeout; it took %v", took)
		}
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
