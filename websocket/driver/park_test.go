package driver

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/readiness"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestDriverParksIdleConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		b.SetCapacity(1 << 10)
		d := New(readiness.Conn{Reporter: a}, protocol.Server, nil, Options{})
		d.Start(&recorder{})
		read := make([]byte, 1<<20)
		parked := func() bool {
			synctest.Wait()
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.working == nil
		}
		for _, step := range []struct {
			what string
			do   func()
			want bool
		}{
			{"at first", func() {}, true},
			{"within a frame", func() { _, _ = b.Write(wiretest.TextFrame("hello")[:3]) }, false},
			{"after a message", func() { _, _ = b.Write(wiretest.TextFrame("hello")[3:]) }, true},
			{"within a message", func() { _, _ = b.Write([]byte("\x01\x81\x00\x00\x00\x00h")) }, false},
			{"after the end of a message", func() { _, _ = b.Write([]byte("\x80\x81\x00\x00\x00\x00i")) }, true},
			{"after a ping", func() { _, _ = b.Write([]byte("\x89\x80\x00\x00\x00\x00")) }, true},
			{"with a full queue", func() { _, _ = d.Send(protocol.Binary, make([]byte, 4<<10)) }, false},
			{"when it is empty", func() {
				for range 5 {
					_, _ = b.Read(read)
					synctest.Wait()
				}
			}, true},
			{"within a sent message", func() { _, _ = d.SendFragment(protocol.Text, []byte("a"), false) }, false},
			{"after the end of a sent message", func() { _, _ = d.SendFragment(protocol.Continuation, []byte("b"), true) }, true},
			{"when asked for its state", func() { _, _ = d.State(), d.Queued() }, true},
			{"after a keep-alive ping", func() { time.Sleep(40 * time.Second); _, _ = b.Read(read) }, true},
			{"while it closes", func() { _ = d.Close(protocol.CloseNormal, "") }, false},
		} {
			step.do()
			if got := parked(); got != step.want {
				t.Errorf("%s: parked must be %v", step.what, step.want)
			}
		}
		d.CloseNow()
		_ = b.Close()
		synctest.Wait()
	})
}

func TestDriverSendPreparedKeepsConnectionParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		b.SetCapacity(1 << 10)
		d := New(readiness.Conn{Reporter: a}, protocol.Server, nil, Options{HighWater: 1500})
		drained, ended := 0, false
		d.Start(&recorder{onDrained: func(*Driver) { drained++ }, onClosed: func(*Driver, Outcome) { ended = true }})
		synctest.Wait()
		for _, size := range []int{5, 3000} { // one that the transport takes, and one that it takes in parts
			if _, err := d.SendPreparedWithin(10_000, prepared(t, size)); err != nil {
				t.Fatal(err)
			}
			d.mu.Lock()
			if parked := d.working == nil; parked != (size == 5) {
				t.Errorf("with %d bytes in the queue: parked must not be %v", size, parked)
			}
			d.mu.Unlock()
			if f, err := wiretest.ReadFrame(b); err != nil || len(f.Payload) != size {
				t.Errorf("%d bytes must arrive; got %d, %v", size, len(f.Payload), err)
			}
			synctest.Wait()
		}
		if drained != 1 {
			t.Errorf("Drained must be called once for a high queue; it was called %d times", drained)
		}
		b.Reset()
		_, _ = d.SendPreparedWithin(10_000, prepared(t, 5)) // the transport fails, now or before
		synctest.Wait()
		if !ended {
			t.Error("an error of the transport must end the connection")
		}
	})
}

func TestDriverSendPreparedMasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		d := New(readiness.Conn{Reporter: a}, protocol.Client, nil, Options{})
		d.Start(&recorder{})
		synctest.Wait()
		_, _ = d.SendPreparedWithin(100, prepared(t, 5))
		head := make([]byte, 2)
		if _, err := io.ReadFull(b, head); err != nil || head[1] != 0x80|5 { // RFC 6455, section 5.1
			t.Errorf("a client must mask; got %x, %v", head, err)
		}
		d.CloseNow()
		_ = b.Close()
		synctest.Wait()
	})
}

func prepared(t *testing.T, size int) *protocol.Prepared {
	t.Helper()
	p, err := Prepare(protocol.Binary, make([]byte, size))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDriverSharedSettingsBound(t *testing.T) {
	var cache settingsCache
	one := cache.of(Options{HighWater: 1}, protocol.Server, terms{})
	if cache.of(Options{HighWater: 1}, protocol.Server, terms{}) != one {
		t.Error("connections with the same options must share their settings")
	}
	if cache.of(Options{HighWater: 1}, protocol.Client, terms{}) == one || cache.of(Options{HighWater: 2}, protocol.Server, terms{}) == one {
		t.Error("connections with other options must not share them")
	}
	for i := range 2 * maxCachedSettings {
		if s := cache.of(Options{HighWater: 100 + i}, protocol.Server, terms{}); s.HighWater != 100+i {
			t.Errorf("the settings must have the given options; got a high watermark of %d", s.HighWater)
		}
	}
	if n := len(cache.known); n > maxCachedSettings {
		t.Errorf("at most %d settings may be kept; got %d", maxCachedSettings, n)
	}
}
