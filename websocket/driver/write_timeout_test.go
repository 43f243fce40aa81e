package driver

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestWriteTimeout(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second}, `
	app binary 1000
	# never reads
	wait 9.999s
	wait 1ms
		closed not clean, received 1006, sent 1006, first neither, stalled
		transport closed
`)
}

func TestWriteTimeoutSlowReader(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second}, `
	app binary 60000
	wait 9s
	peer reads 20000
	wait 9s
	peer reads 20000
	wait 9s
	peer reads 19000
	wait 9s
	peer reads 600
	wait 100s
	app close 1000
`)
}

func TestWriteTimeoutDisabled(t *testing.T) {
	runScript(t, Options{WriteTimeout: -1}, `
	app binary 1000
	# never reads
	wait 1000s
`)
}

// While a Close is queued, CloseTimeout applies instead.
func TestWriteTimeoutAndCloseTimeout(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second, CloseTimeout: 15 * time.Second}, `
	app binary 1000
	# never reads
	wait 9s
	app close 1000
	wait 14.999s
	wait 1ms
		closed not clean, received 1006, sent 1000, first local, timeout
		transport closed
`)
}

func TestWriteTimeoutEmptyQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1, WriteTimeout: time.Second}).start()
		s.play("app binary 100000")
		if s.conn.working != nil && s.conn.writeTimer != nil && s.conn.writeTimer.Stop() {
			t.Error("the write timer must not run once everything is written")
		}
		s.play("app text hello")
		if out := s.play("wait 1h"); len(out) > 0 {
			t.Errorf("an idle connection must stay; got %q", out)
		}
	})
}

// An interval may contain the small rest of one write and a part of the next one, which the
// transport does not report.
func TestWriteTimeoutSmallReads(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second}, `
	app binary 600
	app binary 100000
	wait 9s
	peer reads 16384
	wait 9s
	peer reads 16384
	wait 9s
`)
}

// The timeout begins with the current queue, and not with an earlier one.
func TestWriteTimeoutNewQueue(t *testing.T) {
	runScript(t, Options{WriteTimeout: 10 * time.Second}, `
	app binary 1000
	wait 9s
	peer reads 1004
	app binary 2000
	wait 9.999s
	wait 1ms
		closed not clean, received 1006, sent 1006, first neither, stalled
		transport closed
`)
}

// When a timer that has fired acquires the lock, the queue may be another one.
func TestWriteTimeoutLateTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1, WriteTimeout: 10 * time.Second})
		s.passive = true
		s.peer.SetCapacity(100)
		s.start()
		s.play("app binary 1000")
		s.play("wait 9s")
		s.conn.checkWriter() // of the queue before
		if out := s.play("wait 999ms"); len(out) > 0 {
			t.Errorf("the connection must stay open until the timeout has passed; got %q", out)
		}
		if out := s.play("wait 1ms"); len(out) != 2 {
			t.Errorf("the connection must end when the timeout has passed; got %q", out)
		}
	})
}

func TestWriteTimeoutOnAnyTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer func() { _ = b.Close() }()
		handler := &recorder{}
		d := New(a, protocol.Server, nil, Options{KeepAlive: -1})
		d.Start(handler)
		_, _ = d.Send(protocol.Binary, make([]byte, 100_000))
		for range 5 {
			time.Sleep(29 * time.Second)
			_, _ = io.ReadFull(b, make([]byte, 16<<10))
		}
		synctest.Wait()
		wantCalls(t, handler, "the peer reads")
		time.Sleep(60 * time.Second)
		synctest.Wait()
		wantCalls(t, handler, "the peer reads no more", "closed not clean, received 1006, sent 1006, first neither, stalled")
	})
}

// Write-readiness comes long after there is room in the kernel, so what the kernel has delivered to the peer since counts. The
// test lets the timer end, so it does not depend on time.
func TestWriteTimeoutSlowReaderOnSocket(t *testing.T) {
	t.Parallel()
	wiretest.Each(t, func(t *testing.T, secure bool) {
		const size = 16 << 20
		d, _, f := onWire(t, protocol.Server, secure, Options{KeepAlive: -1, WriteTimeout: time.Hour})
		_ = f.TCP.SetReadBuffer(64 << 10)
		_, _ = d.Send(protocol.Binary, make([]byte, size))
		if d.Queued() == 0 {
			t.Fatal("the kernel must not accept everything at once")
		}
		piece := make([]byte, 256<<10)
		for read := 0; read < size; read += len(piece) {
			if _, err := io.ReadFull(f.R, piece); err != nil {
				t.Fatalf("a peer that reads must be waited for; after %d bytes it got %v", read, err)
			}
			passWriteTimer(t, d)
		}
	})
}

// passWriteTimer waits until the peer has taken some output since the write timer was set, and lets the timer end. If nothing
// waits to be written the timer does not run.
func passWriteTimer(t *testing.T, d *Driver) {
	t.Helper()
	for deadline := time.Now().Add(wiretest.Bound); ; time.Sleep(time.Millisecond) {
		d.wake()
		waits, progress := d.state.writing == writeWaiting, d.sent+max(0, d.sentHeld-d.transport.held()) >= minProgress
		if waits && progress {
			d.watched = d.watched.Add(-d.settings().WriteTimeout)
		}
		d.rest()
		if !waits || progress {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("what the peer reads is progress; none was seen")
		}
	}
	d.checkWriter()
}

func TestWriteTimeoutImmediateWrite(t *testing.T) {
	d, _, f := onWire(t, protocol.Server, false, Options{KeepAlive: -1})
	for range 10 {
		_, _ = d.Send(protocol.Text, []byte("hello"))
		f.WantFrame(t, `text "hello"`)
	}
	d.wake()
	defer d.rest()
	if d.writeTimer != nil {
		t.Error("a write that completes at once must not start a timer")
	}
}
