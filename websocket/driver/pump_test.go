package driver

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestDriverPauseInBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(c *Driver, payload []byte) {
			if string(payload) == "2" || string(payload) == "4" {
				_, _ = c.Send(protocol.Text, []byte("enough"))
				c.Pause()
			}
		}
		s.start()
		var batch []byte
		for i := range 5 {
			batch = append(batch, wiretest.TextFrame(fmt.Sprint(i+1))...)
		}
		_, _ = s.peer.Write(append(batch, wiretest.CloseFrame(1000, "")...))
		synctest.Wait()
		first := []string{`message text "1"`, `message text "2"`, `> text "enough"`}
		if got := s.play("wait 0s"); !slices.Equal(got, first) {
			t.Errorf("Pause must stop events and nothing else: wanted %s, got %s", list(first), list(got))
		}
		if got := s.play("wait 1h"); len(got) > 0 {
			t.Errorf("while the handler pauses there must be no event; got %s", list(got))
		}
		for _, want := range [][]string{
			{`message text "3"`, `message text "4"`, `> text "enough"`},
			{`message text "5"`, "closed clean, received 1000, sent 1000, first remote, close", "> close 1000", "> FIN"},
		} {
			if got := s.play("app resume"); !slices.Equal(got, want) {
				t.Errorf("Resume must cause %s; got %s", list(want), list(got))
			}
		}
	})
}

func TestDriverPauseStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1}).start()
		s.play("app pause")
		for range 3 {
			s.play("peer text waits")
		}
		if n := s.peer.Peer().Unread(); n == 0 {
			t.Error("while the handler pauses input must stay in the transport")
		}
		if got := s.play("app resume"); len(got) != 3 {
			t.Errorf("no message may be lost by a pause; got %s", list(got))
		}
	})
}

func TestDriverPauseAndResumeInCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(c *Driver, _ []byte) { c.Pause(); c.Resume(); c.Resume() }
		s.start()
		_, _ = s.peer.Write(append(wiretest.TextFrame("1"), wiretest.TextFrame("2")...))
		synctest.Wait()
		wantCalls(t, s.handler, "after Resume events must be delivered", `message text "1"`, `message text "2"`)
	})
}

func TestDriverEndWhilePaused(t *testing.T) {
	for end, want := range map[string]string{
		"app close-now": "closed not clean, received 1006, sent 1006, first neither, abort",
		"peer reset":    "closed not clean, received 1006, sent 1006, first neither, transport",
		"peer eof":      "closed not clean, received 1006, sent 1006, first neither, eof",
	} {
		t.Run(end, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, protocol.Server, Options{KeepAlive: -1}).start()
				s.play("app pause")
				s.play(end)
				synctest.Wait()
				if !s.peer.Peer().Closed() {
					t.Error("the transport must be closed during a pause")
				}
				wantCalls(t, s.handler, "while the handler pauses")
				s.play("app resume")
				s.conn.Pause()
				wantNoMore(t, s)
			})
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, protocol.Server, Options{KeepAlive: -1}).start()
				s.play("app pause")
				s.play(end)
				if got := s.play("app resume"); !slices.Contains(got, want) {
					t.Errorf("Resume must cause the terminal event, %q; got %s", want, list(got))
				}
			})
		})
	}
}

// synctest fails if a goroutine is left.
func TestDriverPauseHoldsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(c *Driver, _ []byte) { c.Pause() }
		s.start()
		_, _ = s.peer.Write(append(wiretest.TextFrame("1"), wiretest.TextFrame("2")...))
		synctest.Wait()
		s.play("app close-now")
	})
}

func wantNoMore(t *testing.T, s *stage) {
	t.Helper()
	s.handler.newCalls()
	for _, input := range []string{"app resume", "app close-now", "app close 1000", "wait 1h"} {
		if got := s.play(input); len(got) > 0 {
			t.Errorf("no event may follow the terminal event; %q caused %s", input, list(got))
		}
	}
}

func TestDriverLingersAfterPauseInClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onClosed = func(c *Driver, _ Outcome) { c.Pause() }
		s.start()
		s.play("peer violation")
		wantInputDropped(t, s)
	})
}

func TestDriverLingersDuringBlockedClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onClosed = func(*Driver, Outcome) { time.Sleep(time.Hour) }
		s.start()
		s.play("peer violation")
		wantInputDropped(t, s)
	})
}

// wantInputDropped fails unless a peer can write to a connection that ends, and gets a FIN.
func wantInputDropped(t *testing.T, s *stage) {
	t.Helper()
	start := time.Now()
	for range 8 {
		s.play("peer flood 60000")
	}
	if time.Since(start) > 0 {
		t.Errorf("input must be dropped at once; it took %v", time.Since(start))
	}
	if n := s.peer.Peer().Unread(); n > 0 || s.peer.RSTReceived() {
		t.Errorf("input must be read and dropped until EOF; %d bytes are unread, reset: %v", n, s.peer.RSTReceived())
	}
	s.play("peer eof")
	if s.peer.RSTReceived() || !s.peer.Peer().Closed() {
		t.Error("after the peer's EOF the transport must be closed, without a reset")
	}
}

func TestDriverBlockedHandlerDelaysNoOtherConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked, free := newStage(t, protocol.Server, Options{KeepAlive: -1}), newStage(t, protocol.Server, Options{KeepAlive: -1})
		blocked.handler.onMessage = func(*Driver, []byte) { time.Sleep(time.Minute) }
		blocked.start()
		free.start()
		blocked.play("peer text 1")
		blocked.play("peer text 2")
		wantCalls(t, blocked.handler, "there is no event during a call")
		if got := free.play("peer text hello"); !slices.Equal(got, []string{`message text "hello"`}) {
			t.Errorf("another connection must not be delayed; got %s", list(got))
		}
		if got := blocked.play("wait 1m"); !slices.Equal(got, []string{`message text "2"`}) {
			t.Errorf("the next event must follow when the call has returned; got %s", list(got))
		}
	})
}

// A payload belongs to the handler until its call returns, even if the connection ends before.
func TestDriverPayloadDuringCall(t *testing.T) {
	for range 20 { // a pool is free to keep a buffer or not
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, protocol.Server, Options{KeepAlive: -1})
			s.handler.onMessage = func(c *Driver, payload []byte) {
				if string(payload) == "1" {
					c.Pause()
					_, _ = c.Send(protocol.Text, []byte("more than can be written at once"))
					return
				}
				before := bytes.Clone(payload)
				time.Sleep(time.Minute)
				if !bytes.Equal(payload, before) {
					t.Error("a payload must not change before the call returns")
				}
			}
			// The writer, not the reader, may hand out the next message.
			s.handler.onDrained = func(c *Driver) { c.Resume() }
			s.start()
			_, _ = s.peer.Write(append(wiretest.TextFrame("1"), wiretest.TextFrame("held by the handler")...))
			synctest.Wait()
			s.conn.CloseNow()
			synctest.Wait()
			scribble()
			time.Sleep(time.Minute)
		})
	}
}

// The handler pauses when its queue is full, and resumes in Drained, so that the reader and
// the writer deliver events alternately.
func TestDriverReadsWhileOtherGoroutineDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreamStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(c *Driver, payload []byte) {
			c.Pause()
			_, _ = c.Send(protocol.Text, payload)
		}
		s.handler.onDrained = func(c *Driver) { c.Resume() }
		s.start()
		for range 20 {
			_, _ = s.peer.Write(bytes.Repeat(wiretest.TextFrame("x"), 20))
			synctest.Wait()
		}
		if got := s.handler.newCalls(); len(got) != 400 {
			t.Errorf("all 400 messages must be delivered; got %d", len(got))
		}
	})
}

// scribble overwrites all free buffers.
func scribble() {
	for range 50 {
		s := newScratch()
		defer scratches.Put(s)
		copy(s.buf[:], bytes.Repeat([]byte{'!'}, readBufferSize))
	}
}

func TestDriverOutcomeError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends []error
		for _, act := range []string{"peer reset", "peer eof", "app close-now"} {
			s := newStage(t, protocol.Server, Options{KeepAlive: -1})
			s.handler.onClosed = func(_ *Driver, end Outcome) { ends = append(ends, end.Err) }
			s.start()
			s.play(act)
		}
		if ends[0] == nil {
			t.Error("the outcome must contain the error of the transport")
		}
		if ends[1] != nil || ends[2] != nil {
			t.Errorf("other outcomes must not contain an error; got %v", ends[1:])
		}
	})
}

func TestDriverDoneBeforeClosedReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onClosed = func(*Driver, Outcome) { time.Sleep(time.Hour) }
		s.start()
		s.play("peer reset")
		select {
		case <-s.conn.Done():
		default:
			t.Error("the transport must be closed although Closed has not returned")
		}
	})
}
