package websocket

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/protocol"
)

func TestABatchLeavesInOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.told.onMessage = func(c *Driver, payload []byte) { _, _ = c.Send(protocol.Text, payload) }
		s.start()
		ours := s.peer.Peer()
		reads, writes := ours.Reads(), ours.Writes()
		_, _ = s.peer.Write(bytes.Repeat(textFrame("small"), 100))
		synctest.Wait()
		if n := ours.Writes() - writes; n > 2 {
			t.Errorf("100 messages that arrive together must be answered in one write, or two; it took %d", n)
		}
		// Two that are answered, one that waits for more.
		if n := ours.Reads() - reads; n > 2 {
			t.Errorf("100 messages that arrive together are read at once, behind the first bytes; it took %d reads", n)
		}
		got := s.play("wait 0s")
		if n := strings.Count(strings.Join(got, "\n"), `> text "small"`); n != 100 {
			t.Errorf("each of 100 messages must be echoed; got %d", n)
		}
	})
}

func TestABlockingHandlerHoldsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.told.onMessage = func(c *Driver, _ []byte) {
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
				t.Errorf("while a call of the handler has not returned, %q must bring %s; got %s",
					step.input, list(step.want), list(got))
			}
		}
	})
}

func TestAQuickHandlerKeepsItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, protocol.Server, Options{KeepAlive: -1})
		s.told.onMessage = func(c *Driver, payload []byte) {
			time.Sleep(batchDelay / 10)
			_, _ = c.Send(protocol.Text, payload)
		}
		s.start()
		writes := s.peer.Peer().Writes()
		_, _ = s.peer.Write(bytes.Repeat(textFrame("small"), 5))
		time.Sleep(time.Second)
		if n := s.peer.Peer().Writes() - writes; n != 1 {
			t.Errorf("5 answers within the bound of a batch leave in one write; it took %d", n)
		}
	})
}

func TestWhatIsSentTogetherLeavesTogether(t *testing.T) {
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
			t.Errorf("five messages leave in one write; there were %d, of %d messages", n, len(got))
		}
		go s.conn.Together(func() {
			_, _ = s.conn.Send(protocol.Text, []byte("first"))
			time.Sleep(time.Minute)
		})
		if got := s.play("wait 1ms"); len(got) != 1 {
			t.Errorf("whoever takes his time holds nothing back; got %q", got)
		}
		s.play("wait 1m")
	})
}
