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

// slowly hands on what arrives in small steps.
type slowly struct {
	net.Conn
	tick *time.Ticker
}

func (s slowly) Read(p []byte) (int, error) {
	<-s.tick.C
	return s.Conn.Read(p[:min(len(p), 32<<10)])
}

// The close timer is shorter than the peer takes for all of it: it bounds how long
// nothing moves.
func TestDriverCloseSlowPeer(t *testing.T) {
	const messages, size, closeTimeout = 8, 1 << 20, time.Second
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		t.Parallel()
		d, h, f := onWire(t, role, secure, Options{KeepAlive: -1, CloseTimeout: closeTimeout})
		_ = f.TCP.SetReadBuffer(64 << 10)
		pace := 6 * time.Millisecond
		if secure {
			pace /= 6 // a step is a record, and those are small by then
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
				t.Fatalf("message %d must arrive whole before our Close; got %v, %v", i, got, err)
			}
		}
		f.WantFrame(t, "close 4001")
		if took := time.Since(start); took < closeTimeout {
			t.Errorf("this proves nothing: the peer took %v only", took)
		}
		f.Send(t, f.Closing(4001))
		h.want(t, "clean, received 4001, sent 4001, first local, close")
		f.End()
		f.WantEOF(t)
		wantGone(t, d)
	})
}

// What has waited behind a peer that does not read is cut, and the peer gets a
// reset instead of the bytes that the kernel still holds.
func TestDriverClosePeerThatNeverReads(t *testing.T) {
	wiretest.OnEachWire(t, func(t *testing.T, role protocol.Role, secure bool) {
		t.Parallel()
		d, h, f := onWire(t, role, secure, Options{KeepAlive: -1, CloseTimeout: stuckBound})
		_ = f.TCP.SetReadBuffer(16 << 10)
		_, _ = d.Send(protocol.Binary, make([]byte, 8<<20))
		start := time.Now()
		_ = d.Close(4001, "")
		wantDone(t, d)
		if took := time.Since(start); took < stuckBound || took > stuckBound+4*time.Second {
			t.Errorf("the peer must be cut %v after the last progress; it took %v", stuckBound, took)
		}
		h.want(t, "not clean, received 1006, sent 4001, first local, timeout")
		if _, err := io.Copy(io.Discard, f.TCP); err == nil || errors.Is(err, net.ErrClosed) {
			t.Errorf("a peer that was cut must see it; got %v", err)
		}
	})
}
