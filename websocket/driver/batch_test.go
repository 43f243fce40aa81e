package driver

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// worker is a handler that records messages and calls of Work.
type worker struct{ *recorder }

func (w worker) Events(d *Driver, events []protocol.Event) (work bool) {
	w.recorder.Events(d, events)
	return !slices.ContainsFunc(events, func(ev protocol.Event) bool { return string(ev.Payload) == "nothing" })
}

func (w worker) Work(d *Driver) {
	w.note("work")
	_, _ = d.Send(protocol.Text, []byte("one"))
	_, _ = d.Send(protocol.Text, []byte("two"))
}

// startWorker returns a connection in half-open mode, whose handler is a worker, and its peer.
func startWorker() (w worker, ours, peer *memconn.Conn) {
	ours, peer = memconn.Pipe()
	w = worker{&recorder{}}
	New(inMemory(ours), protocol.Server, nil, Options{KeepAlive: -1, HalfOpen: true}).Start(w)
	return w, ours, peer
}

func TestDriverWorkAfterEachRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ours, peer := startWorker()
		writes := ours.Writes()
		_, _ = peer.Write(append(wiretest.TextFrame("first"), wiretest.TextFrame("second")...))
		synctest.Wait()
		if want, got := `message text "first" message text "second" work`, strings.Join(w.newCalls(), " "); got != want {
			t.Errorf("Work must be called after all events of a read: %s; got %s", want, got)
		}
		if n := ours.Writes() - writes; n != 1 || peer.Unread() != len("..one..two") {
			t.Errorf("the messages of Work must be sent in one write; there were %d, of %d bytes", n, peer.Unread())
		}
		_, _ = peer.Write(wiretest.TextFrame("nothing"))
		synctest.Wait()
		_ = peer.Close()
		synctest.Wait()
		if got := strings.Join(w.newCalls(), " "); strings.Contains(got, "work") {
			t.Errorf("Work must not be called when Events returns false; got %s", got)
		}
	})
}

func TestDriverEventsOfLongRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, peer := startWorker()
		const many = 1000
		_, _ = peer.Write(bytes.Repeat(wiretest.TextFrame("a message"), many))
		synctest.Wait()
		got := strings.Join(w.newCalls(), " ")
		if n := strings.Count(got, "message text"); n != many || !strings.HasSuffix(got, "work") || strings.Count(got, "work") != 1 {
			t.Errorf("all %d messages must be delivered, and one call of Work after them; there were %d", many, n)
		}
		_ = peer.Close()
		synctest.Wait()
	})
}

// batchSizes is a handler that records the number of events of each call.
type batchSizes struct {
	*recorder
	sizes []int
}

func (h *batchSizes) Events(_ *Driver, events []protocol.Event) (work bool) {
	h.sizes = append(h.sizes, len(events))
	return false
}

func TestDriverEventsBoundsOwnedPayloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := memconn.Pipe()
		h := &batchSizes{recorder: &recorder{}}
		New(inMemory(ours), protocol.Server, nil, Options{KeepAlive: -1, HalfOpen: true}).Start(h)
		send := func(size int) { // a message of several reads, and a short one that arrives with the end of it
			long := wiretest.TextFrame(strings.Repeat("x", size))
			_, _ = peer.Write(long[:size-1])
			synctest.Wait()
			_, _ = peer.Write(append(long[size-1:], wiretest.TextFrame("short")...))
			synctest.Wait()
		}
		send(63 << 10)
		send(64 << 10)
		if want := []int{2, 1, 1}; !slices.Equal(h.sizes, want) {
			t.Errorf("a call must deliver no more events after 64 KiB of payloads of its own; the calls have %v events, not %v", h.sizes, want)
		}
		_ = peer.Close()
		synctest.Wait()
	})
}

func TestDriverBatchIsOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(c *Driver, payload []byte) { _, _ = c.Send(protocol.Text, payload) }
		s.start()
		ours := s.peer.Peer()
		reads, writes := ours.Reads(), ours.Writes()
		_, _ = s.peer.Write(bytes.Repeat(wiretest.TextFrame("small"), 100))
		synctest.Wait()
		if n := ours.Writes() - writes; n > 2 {
			t.Errorf("100 messages that arrive together must be answered in one write, or two; it took %d", n)
		}
		// The last of the reads finds nothing.
		if n := ours.Reads() - reads; n > 2 {
			t.Errorf("100 messages that arrive together must be read at once; it took %d reads", n)
		}
		got := s.play("wait 0s")
		if n := strings.Count(strings.Join(got, "\n"), `> text "small"`); n != 100 {
			t.Errorf("each of 100 messages must be echoed; got %d", n)
		}
	})
}

func TestDriverFlushesBatchOfBlockingHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(c *Driver, _ []byte) {
			_, _ = c.Send(protocol.Text, []byte("working"))
			time.Sleep(time.Minute)
			_, _ = c.Send(protocol.Text, []byte("done"))
			_ = c.Close(1000, "")
			time.Sleep(time.Minute)
		}
		s.start()
		s.play("peer text job")
		for _, step := range []struct {
			input string
			want  []string
		}{
			{"wait 1ms", []string{`> text "working"`}},
			{"app text from elsewhere", []string{`> text "from elsewhere"`}},
			{"wait 1m", []string{`> text "done"`, "> close 1000"}},
		} {
			if got := s.play(step.input); !slices.Equal(got, step.want) {
				t.Errorf("while a call of the handler has not returned, %q must cause %s; got %s",
					step.input, list(step.want), list(got))
			}
		}
	})
}

func TestDriverKeepsBatchOfQuickHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.handler.onMessage = func(c *Driver, payload []byte) {
			time.Sleep(batchDelay / 10)
			_, _ = c.Send(protocol.Text, payload)
		}
		s.start()
		writes := s.peer.Peer().Writes()
		_, _ = s.peer.Write(bytes.Repeat(wiretest.TextFrame("small"), 5))
		time.Sleep(time.Second)
		if n := s.peer.Peer().Writes() - writes; n != 1 {
			t.Errorf("5 replies within the bound of a batch must be sent in one write; it took %d", n)
		}
	})
}

func TestDriverTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1}).start()
		writes := s.peer.Peer().Writes()
		s.conn.Together(func() {
			for range 5 {
				_, _ = s.conn.Send(protocol.Text, []byte("x"))
			}
		})
		got := s.play("wait 0s")
		if n := s.peer.Peer().Writes() - writes; n != 1 || len(got) != 5 {
			t.Errorf("five messages must be sent in one write; there were %d, of %d messages", n, len(got))
		}
		go s.conn.Together(func() {
			_, _ = s.conn.Send(protocol.Text, []byte("first"))
			time.Sleep(time.Minute)
		})
		if got := s.play("wait 1ms"); len(got) != 1 {
			t.Errorf("a message must be sent although the function blocks after it; got %q", got)
		}
		s.play("wait 1m")
	})
}

// lateReader is a handler that reads payloads in Work.
type lateReader struct {
	echo
	t        *testing.T
	payloads chan []byte // not yet read by Work
	seen     chan string
}

func (h lateReader) Events(_ *Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		h.payloads <- ev.Payload
	}
	return true
}

func (h lateReader) Work(*Driver) {
	payload := <-h.payloads
	before := bytes.Clone(payload)
	time.Sleep(time.Minute)
	if !bytes.Equal(payload, before) {
		h.t.Errorf("a payload must be valid until Work returns; %q became %q", before, payload)
	}
	h.seen <- string(payload)
}

func TestDriverPayloadsUntilWorkReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := memconn.Pipe()
		h := lateReader{t: t, payloads: make(chan []byte, 100), seen: make(chan string, 100)}
		New(inMemory(ours), protocol.Server, nil, Options{KeepAlive: -1}).Start(h)
		var want []string
		for i := range 5 {
			text := strings.Repeat(string(rune('a'+i)), 100)
			_, _ = peer.Write(wiretest.TextFrame(text))
			synctest.Wait()
			scribble()
			want = append(want, text)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		close(h.seen)
		var got []string
		for text := range h.seen {
			got = append(got, text)
		}
		slices.Sort(got) // calls of Work may overlap
		if !slices.Equal(got, want) {
			t.Errorf("the connection must be read while Work blocks, and Work called for each message: %q; got %q", want, got)
		}
		_ = peer.Close()
		synctest.Wait()
	})
}
