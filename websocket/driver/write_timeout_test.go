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

// The kernel reports free buffer space late. The bytes that it delivers to the peer before
// count as progress.
func TestWriteTimeoutSlowReaderOnSocket(t *testing.T) {
	t.Parallel()
	wiretest.Each(t, func(t *testing.T, secure bool) {
		const size, bound = 16 << 20, 300 * time.Millisecond
		d, _, f := onWire(t, protocol.Server, secure, Options{KeepAlive: -1, WriteTimeout: bound})
		_ = f.TCP.SetReadBuffer(64 << 10)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		_, _ = d.Send(protocol.Binary, make([]byte, size))
		reader, read := slowly{f.Conn, tick}, 0
		for start := time.Now(); time.Since(start) < 5*bound; {
			n, err := reader.Read(make([]byte, 32<<10))
			if read += n; err != nil {
				t.Fatalf("the connection must stay open while the peer reads; after %d bytes it got %v", read, err)
			}
		}
		if d.Queued() == 0 {
			t.Error("the send queue must not be empty; the kernel has accepted everything")
		}
	})
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
