package driver

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// movingBound is the timeout under test. If a connection ends before it is frozen, it is tried again with another one.
const movingBound = 400 * time.Millisecond

// situations are what a connection can be in when it is frozen.
var situations = map[string]struct {
	role   protocol.Role
	opts   Options
	before func(m *mover) // brings the connection there
	frozen func(m *mover) // happens while it is frozen
	after  func(m *mover) // checks what follows
}{
	"idle": {},
	"a message arrives meanwhile": {
		frozen: func(m *mover) { m.send(wiretest.TextFrame("meanwhile")) },
		after:  func(m *mover) { m.wantFrame(`text "meanwhile"`) },
	},
	"a burst arrives meanwhile": {
		frozen: func(m *mover) {
			var burst []byte
			for i := range 1000 {
				burst = append(burst, wiretest.TextFrame(fmt.Sprint("message ", i))...)
			}
			m.send(burst)
		},
		after: func(m *mover) {
			for i := range 1000 {
				m.wantFrame(fmt.Sprintf("text %q", fmt.Sprint("message ", i)))
			}
		},
	},
	"within a header": {
		before: func(m *mover) { m.send(wiretest.TextFrame("hello")[:3]); m.arrived() },
		after:  func(m *mover) { m.send(wiretest.TextFrame("hello")[3:]); m.wantFrame(`text "hello"`) },
	},
	"within a payload": {
		before: func(m *mover) { m.send(wiretest.TextFrame("hello")[:8]); m.arrived() },
		frozen: func(m *mover) { m.send(wiretest.TextFrame("hello")[8:]) },
		after:  func(m *mover) { m.wantFrame(`text "hello"`) },
	},
	"between the fragments of a message": {
		before: func(m *mover) { m.send([]byte("\x01\x82\x00\x00\x00\x00he")); m.arrived() },
		after:  func(m *mover) { m.send([]byte("\x80\x83\x00\x00\x00\x00llo")); m.wantFrame(`text "hello"`) },
	},
	"between the fragments of a message that is sent": {
		before: func(m *mover) {
			_, _ = m.SendFragment(protocol.Text, []byte("he"), false)
			m.wantFrame(`text "he"`)
		},
		after: func(m *mover) {
			if _, err := m.Send(protocol.Text, nil); err == nil {
				m.t.Error("no message may be sent within another one")
			}
			_, _ = m.SendFragment(protocol.Continuation, []byte("llo"), true)
			m.wantFrame(`cont "llo"`)
		},
	},
	"with a full send queue": {
		opts:   Options{KeepAlive: -1},
		before: func(m *mover) { m.fill(40) },
		after: func(m *mover) {
			if _, err := m.SendWithin(1000, protocol.Text, nil); err != ErrQueueFull { //nolint:errorlint // as documented
				m.t.Errorf("what waits must count; got %v", err)
			}
			m.wantFilled(40)
			<-m.drained
			m.wantQueued(0)
		},
	},
	"with a queue that was high, and empties": {
		opts:   Options{KeepAlive: -1, HighWater: 1 << 20},
		before: func(m *mover) { m.fill(40) },
		after:  func(m *mover) { m.wantFilled(40); <-m.drained },
	},
	"with a stalled peer": {
		opts:   Options{KeepAlive: -1, WriteTimeout: movingBound},
		before: func(m *mover) { m.fill(40) },
		after:  func(m *mover) { m.wantEnd("not clean, received 1006, sent 1006, first neither, stalled") },
	},
	"our Close is sent": {
		before: func(m *mover) { _ = m.Close(1000, ""); m.wantFrame("close 1000") },
		after: func(m *mover) {
			if _, err := m.Send(protocol.Text, nil); err != protocol.ErrClosing { //nolint:errorlint // as documented
				m.t.Errorf("after our Close nothing may be sent; got %v", err)
			}
			m.send(wiretest.TextFrame("late"))
			m.send(wiretest.CloseFrame(1000, ""))
			m.wantEOF()
			m.wantEnd("clean, received 1000, sent 1000, first local, close")
		},
	},
	"the answer to our Close arrives meanwhile": {
		before: func(m *mover) { _ = m.Close(1000, ""); m.wantFrame("close 1000") },
		frozen: func(m *mover) { m.send(wiretest.CloseFrame(1000, "")); m.endPeer() },
		after: func(m *mover) {
			m.wantEOF()
			m.wantEnd("clean, received 1000, sent 1000, first local, close")
		},
	},
	"our Close waits behind a full queue": {
		opts:   Options{KeepAlive: -1},
		before: func(m *mover) { m.fill(40); _ = m.Close(4000, "bye") },
		after: func(m *mover) {
			m.wantFilled(40)
			m.wantFrame(`close 4000 "bye"`)
			m.send(wiretest.CloseFrame(4000, ""))
			m.wantEOF()
			m.wantEnd(`clean, received 4000, sent 4000 "bye", first local, close`)
		},
	},
	"our Close is not answered": {
		opts:   Options{CloseTimeout: movingBound},
		before: func(m *mover) { _ = m.Close(1000, ""); m.wantFrame("close 1000") },
		after:  func(m *mover) { m.wantEnd("not clean, received 1006, sent 1000, first local, timeout") },
	},
	"half-open": {
		opts:   Options{HalfOpen: true},
		before: func(m *mover) { m.send(wiretest.CloseFrame(1000, "")); m.wantCalls("peer-close 1000") },
		after: func(m *mover) {
			_, _ = m.Send(protocol.Text, []byte("still"))
			m.wantFrame(`text "still"`)
			m.AnswerClose()
			m.wantFrame("close 1000")
			m.wantEOF()
			m.wantEnd("clean, received 1000, sent 1000, first remote, close")
		},
	},
	"half-open after the end of the peer's direction": {
		opts: Options{HalfOpen: true},
		before: func(m *mover) {
			m.send(wiretest.CloseFrame(1000, ""))
			m.wantCalls("peer-close 1000")
			m.endPeer()
			eventually(m.t, "the end must be read", func() bool {
				m.Driver.mu.Lock()
				defer m.Driver.mu.Unlock()
				return m.state.input == inputEnded
			})
		},
		after: func(m *mover) {
			_, _ = m.Send(protocol.Text, []byte("still"))
			m.wantFrame(`text "still"`)
			_ = m.Close(4000, "")
			m.wantFrame("close 4000")
			m.wantEOF()
			m.wantEnd("clean, received 1000, sent 4000, first remote, close")
		},
	},
	"half-open, and nothing happens": {
		opts:   Options{HalfOpen: true, HalfOpenTimeout: movingBound},
		before: func(m *mover) { m.send(wiretest.CloseFrame(4001, "")); m.wantCalls("peer-close 4001") },
		after: func(m *mover) {
			m.wantFrame("close 4001")
			m.wantEnd("clean, received 4001, sent 4001, first remote, close")
		},
	},
	"a Close arrives meanwhile": {
		frozen: func(m *mover) { m.send(wiretest.CloseFrame(4002, "")) },
		after: func(m *mover) {
			m.wantFrame("close 4002")
			m.wantEOF()
			m.wantEnd("clean, received 4002, sent 4002, first remote, close")
		},
	},
	"the peer ends its direction meanwhile": {
		frozen: func(m *mover) { m.send(wiretest.TextFrame("last")); m.endPeer() },
		after: func(m *mover) {
			m.wantFrame(`text "last"`)
			m.wantEOF()
			m.wantEnd("not clean, received 1006, sent 1006, first neither, eof")
		},
	},
	"a silent peer": {
		opts: Options{KeepAlive: movingBound / 2},
		before: func(m *mover) {
			m.wantFrame("ping")
		},
		after: func(m *mover) {
			m.wantFrame("ping")
			m.wantEnd("not clean, received 1006, sent 1006, first neither, keepalive")
		},
	},
	"a pong arrives meanwhile": {
		opts:   Options{KeepAlive: movingBound / 2},
		before: func(m *mover) { m.wantFrame("ping") },
		frozen: func(m *mover) { m.send([]byte("\x8a\x80\x00\x00\x00\x00")) },
		after: func(m *mover) {
			eventually(m.t, "the round trip must be measured", func() bool { return m.RoundTrip() > 0 })
		},
	},
	"a client": {
		role: protocol.Client,
		opts: Options{KeepAlive: -1},
		after: func(m *mover) {
			m.send(wiretest.Frame(protocol.Client, protocol.Text, []byte("hello")))
			head := make([]byte, 2)
			if _, err := io.ReadFull(m.r, head); err != nil || head[1] != 0x80|5 { // RFC 6455, section 5.1
				m.t.Errorf("a client must mask; got %x, %v", head, err)
			}
		},
	},
	"paused, with messages": {
		before: func(m *mover) {
			m.Pause()
			m.send(bytes.Repeat(wiretest.TextFrame("waits"), 3))
			m.arrived()
		},
		after: func(m *mover) {
			m.send(wiretest.TextFrame("last"))
			if calls := m.newCalls(); len(calls) > 0 {
				m.t.Errorf("a paused handler must not be called; got %q", calls)
			}
			m.Resume()
			for _, want := range []string{"waits", "waits", "waits", "last"} {
				m.wantFrame(fmt.Sprintf("text %q", want))
			}
		},
	},
	"calls meanwhile": {
		frozen: func(m *mover) {
			_, _ = m.Send(protocol.Text, []byte("one"))
			_, _ = m.SendPreparedWithin(100, prepared(m.t, 5))
			_, _ = m.SendFragment(protocol.Text, []byte("th"), false)
			_, _ = m.SendFragment(protocol.Continuation, []byte("ree"), true)
			m.Together(func() { m.SendAllPrepared([]*protocol.Prepared{prepared(m.t, 4), prepared(m.t, 3)}) })
			_ = m.Ping([]byte("six"))
			if _, err := m.Send(protocol.Text, []byte{0xff}); err != protocol.ErrText { //nolint:errorlint // as documented
				m.t.Errorf("invalid text must be refused; got %v", err)
			}
			_ = m.Close(4000, strings.Repeat("x", 5))
			if _, err := m.Send(protocol.Text, nil); err != protocol.ErrClosing { //nolint:errorlint // as documented
				m.t.Errorf("after a Close nothing may be sent; got %v", err)
			}
		},
		after: func(m *mover) {
			for _, want := range []string{
				`text "one"`, `binary "\x00\x00\x00\x00\x00"`, `text "th"`, `cont "ree"`, `binary "\x00\x00\x00\x00"`,
				`binary "\x00\x00\x00"`, `ping "six"`, `close 4000 "xxxxx"`,
			} {
				m.wantFrame(want)
			}
		},
	},
	"aborted meanwhile": {
		frozen: func(m *mover) { m.CloseNow() },
		after:  func(m *mover) { m.wantEnd("not clean, received 1006, sent 1006, first neither, abort") },
	},
	"the queue is dropped meanwhile": {
		opts:   Options{KeepAlive: -1},
		before: func(m *mover) { m.fill(40) },
		frozen: func(m *mover) { _ = m.CloseDiscard(4000, "") },
		after: func(m *mover) {
			for i := 0; ; i++ {
				f, err := wiretest.ReadFrame(m.r)
				if err != nil || f.String() != "binary of 65536" {
					if f.String() != "close 4000" || i == 40 {
						m.t.Errorf("our Close must follow fewer than 40 messages; got %v, %v after %d", f, err, i)
					}
					return
				}
			}
		},
	},
}

// fill queues messages that are more than the kernel takes, to a peer that does not read. Each contains its number.
func (m *mover) fill(count int) {
	m.t.Helper()
	for i := range count {
		_, _ = m.Send(protocol.Binary, bytes.Repeat([]byte{byte(i)}, 64<<10))
	}
}

// wantFilled fails unless the peer reads these messages.
func (m *mover) wantFilled(count int) {
	m.t.Helper()
	for i := range count {
		f, err := wiretest.ReadFrame(m.r)
		if err != nil || !bytes.Equal(f.Payload, bytes.Repeat([]byte{byte(i)}, 64<<10)) {
			m.t.Fatalf("message %d must arrive unchanged; got %v, %v", i, f, err)
		}
	}
}

// wantQueued fails unless this many bytes wait, in time.
func (m *mover) wantQueued(want int) {
	m.t.Helper()
	eventually(m.t, fmt.Sprintf("%d bytes must wait", want), func() bool { return m.Queued() == want })
}

// newMoverIn returns a connection that was frozen after the call of before.
func newMoverIn(t *testing.T, network string, role protocol.Role, opts Options, before func(m *mover)) *mover {
	t.Helper()
	for range 100 {
		m := newMover(t, network, role, unbounded(opts))
		if before != nil {
			before(m)
		}
		if m.tryFreeze() == nil {
			return m
		}
	}
	t.Fatal("the connection must not end before it is frozen")
	return nil
}

func TestDriverMoves(t *testing.T) {
	for name, s := range situations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachMove(t, func(t *testing.T, network string, goOn func(m *mover)) {
				m := newMoverIn(t, network, s.role, s.opts, s.before)
				for _, step := range []func(*mover){s.frozen, goOn, s.after} {
					if step != nil {
						step(m)
					}
				}
				if s.opts.KeepAlive == 0 && m.State() == protocol.StateOpen {
					m.send(wiretest.TextFrame("at last"))
					m.wantFrame(`text "at last"`)
				}
			})
		})
	}
}
