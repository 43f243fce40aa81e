package driver

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestDriverSendBeforeStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		go s.listen()
		var got []string
		for _, input := range []string{"app text 1", "app text 2", "app close 1000"} {
			got = append(got, s.play(input)...)
		}
		if want := []string{`> text "1"`, `> text "2"`, "> close 1000"}; !slices.Equal(got, want) {
			t.Errorf("messages before Start must be sent as %s; got %s", list(want), list(got))
		}
		s.conn.Start(s.handler)
		if got := s.play("peer close 1000"); len(got) != 2 {
			t.Errorf("the closing handshake must continue after Start; got %s", list(got))
		}
	})
}

func TestDriverEndBeforeStart(t *testing.T) {
	for end, want := range map[string]string{
		"app close-now": "closed not clean, received 1006, sent 1006, first neither, abort",
		"wait 5s":       "closed not clean, received 1006, sent 1000, first local, timeout",
	} {
		t.Run(end, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, protocol.Server, Options{})
				if end == "wait 5s" {
					s.play("app close 1000")
				}
				s.play(end)
				if !s.peer.Peer().Closed() {
					t.Error("a connection that was never started must be closed after its timeout")
				}
				s.conn.Start(s.handler)
				time.Sleep(time.Hour)
				wantCalls(t, s.handler, "a handler that comes late", want)
			})
		})
	}
}

func TestDriverEarlyBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		early := append(wiretest.TextFrame("early"), wiretest.TextFrame("cut")[:4]...)
		handler := &recorder{}
		c := New(inMemory(a), protocol.Server, early, Options{KeepAlive: -1})
		c.Start(handler)
		synctest.Wait()
		_, _ = b.Write(append(wiretest.TextFrame("cut")[4:], wiretest.TextFrame("late")...))
		synctest.Wait()
		wantCalls(t, handler, "input in order", `message text "early"`, `message text "cut"`, `message text "late"`)
		c.CloseNow()
	})
}

// every calls each method of a connection.
func every(c *Driver) {
	_, _ = c.Send(protocol.Text, []byte("x"))
	if p, err := protocol.Prepare(protocol.Text, []byte("y")); err == nil {
		_, _ = c.SendPreparedWithin(math.MaxInt, p)
	}
	_, _ = c.Queued(), c.State()
	c.Pause()
	c.Resume()
	_ = c.Close(1000, "")
	c.CloseNow()
}

func TestDriverMethodsInHandler(t *testing.T) {
	for _, from := range []string{"Message", "PeerClose", "Drained", "Closed"} {
		t.Run(from, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, protocol.Server, Options{KeepAlive: -1, HalfOpen: true})
				switch from {
				case "Message":
					s.handler.onMessage = func(c *Driver, _ []byte) { every(c) }
				case "PeerClose":
					s.handler.onPeerClose = every
				case "Drained":
					s.handler.onDrained = every
				case "Closed":
					s.handler.onClosed = func(c *Driver, _ Outcome) { every(c) }
				}
				s.start()
				calls := s.play("peer text x")
				calls = append(calls, s.play("app text x")...)
				calls = append(calls, s.play("peer close 1000")...)
				calls = append(calls, s.play("app close 1000")...)
				calls = append(calls, s.play("peer eof")...)
				ends := slices.DeleteFunc(calls, func(c string) bool { return !strings.HasPrefix(c, "closed") })
				if len(ends) != 1 {
					t.Errorf("there must be one terminal event; got %s", list(ends))
				}
				<-s.conn.Done()
			})
		})
	}
}

// A caller may hold a lock that its handler acquires. The lock is a channel, so that
// synctest finds a deadlock.
func TestDriverMethodsDoNotCallHandler(t *testing.T) {
	for _, paused := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			lock := make(chan struct{}, 1)
			locked := func() { lock <- struct{}{}; <-lock }
			s := newStage(t, protocol.Server, Options{KeepAlive: -1})
			s.handler.onMessage = func(*Driver, []byte) { locked() }
			s.handler.onClosed = func(*Driver, Outcome) { locked() }
			s.handler.onDrained = func(*Driver) { locked() }
			s.start()
			if paused {
				s.play("app pause")
				s.play("peer text waits")
			}
			lock <- struct{}{}
			every(s.conn)
			<-lock
			<-s.conn.Done()
		})
	}
}

func TestDriverClosedIsLast(t *testing.T) {
	for range 30 {
		synctest.Test(t, oneTerminalEvent)
	}
}

func oneTerminalEvent(t *testing.T) {
	s := newStage(t, protocol.Server, Options{KeepAlive: -1})
	var mu sync.Mutex
	ends, late, inCall := 0, 0, 0
	enter := func(exclusive bool) func() {
		mu.Lock()
		defer mu.Unlock()
		if ends > 0 {
			late++
		}
		if exclusive {
			if inCall++; inCall > 1 {
				t.Error("calls of the handler must come one at a time")
			}
		}
		return func() {
			mu.Lock()
			defer mu.Unlock()
			if exclusive {
				inCall--
			}
		}
	}
	s.handler.onMessage = func(*Driver, []byte) { defer enter(true)() }
	s.handler.onDrained = func(*Driver) { defer enter(false)() }
	s.handler.onClosed = func(*Driver, Outcome) {
		defer enter(true)()
		mu.Lock()
		ends++
		mu.Unlock()
	}
	s.start()
	useConcurrently(s)
	time.Sleep(time.Hour)
	synctest.Wait()
	if ends != 1 || late != 0 {
		t.Errorf("there must be one terminal event, and no call after it; got %d, and %d later calls", ends, late)
	}
	<-s.conn.Done()
}

// useConcurrently uses a connection from many goroutines until it has ended.
func useConcurrently(s *stage) {
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 20 {
				_, _ = s.conn.Send(protocol.Text, fmt.Append(nil, "message ", n))
			}
		})
		all.Go(func() {
			for range 20 {
				s.conn.Pause()
				s.conn.Resume()
			}
		})
		all.Go(func() {
			for range 20 {
				_, _ = s.peer.Write(wiretest.TextFrame("from the peer"))
			}
			if i == 1 {
				_, _ = s.peer.Write(wiretest.CloseFrame(1000, ""))
			}
		})
		all.Go(func() {
			if i > 1 {
				_ = s.conn.Close(1000, "")
			}
			if i == 3 {
				s.conn.CloseNow()
			}
		})
	}
	all.Wait()
}

func TestDriverSendReturnsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamStage(t, protocol.Server, Options{KeepAlive: -1})
		s.passive = true
		s.peer.SetCapacity(100)
		s.start()
		drained := 0
		s.handler.onDrained = func(*Driver) { drained++ }
		if n, err := s.conn.Send(protocol.Binary, make([]byte, 996)); n != 1000 || err != nil {
			t.Errorf("a frame of 1000 bytes must be queued, and Send return at once; got %d, %v", n, err)
		}
		synctest.Wait()
		p, _ := protocol.Prepare(protocol.Text, []byte("framed once"))
		if n, err := s.conn.SendPreparedWithin(math.MaxInt, p); n != 1000+p.Len() || err != nil {
			t.Errorf("a prepared message must be queued after it; got %d, %v", n, err)
		}
		if _, err := s.conn.Send(protocol.Text, []byte{0xFF}); err == nil || s.conn.Queued() != 1000+p.Len() {
			t.Errorf("a refused message must not be queued; got %v, queue of %d bytes", err, s.conn.Queued())
		}
		if n, err := s.conn.SendWithin(1000+p.Len(), protocol.Text, nil); n != 1000+p.Len() || !errors.Is(err, ErrQueueFull) {
			t.Errorf("a message beyond the limit must be refused; got %d, %v", n, err)
		}
		if n, err := s.conn.SendPreparedWithin(1000+p.Len(), p); n != 1000+p.Len() || !errors.Is(err, ErrQueueFull) {
			t.Errorf("a prepared message beyond the limit must be refused; got %d, %v", n, err)
		}
		if drained != 0 {
			t.Error("Drained must only be called when the queue is empty")
		}
		_, _ = io.ReadFull(s.peer, make([]byte, 1000+p.Len()))
		synctest.Wait()
		if drained != 1 || s.conn.Queued() != 0 {
			t.Errorf("Drained must be called once when the queue has emptied; got %d calls, queue of %d bytes", drained, s.conn.Queued())
		}
	})
}

func TestDriverState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1}).start()
		for _, step := range []struct {
			input string
			want  protocol.State
		}{
			{"peer text x", protocol.StateOpen},
			{"app close 1000", protocol.StateClosing},
			{"peer close 1000", protocol.StateClosing},
			{"peer eof", protocol.StateClosed},
		} {
			if s.play(step.input); s.conn.State() != step.want {
				t.Errorf("after %q the state must be %v; got %v", step.input, step.want, s.conn.State())
			}
		}
	})
}
