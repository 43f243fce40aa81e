package driver

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// The rest of an interval of the timer wheel continues.
func TestDriverMoveInAnInterval(t *testing.T) {
	t.Parallel()
	m := newMover(t, "tcp", protocol.Server, Options{KeepAlive: wheelMin})
	m.freeze()
	left := m.moving().checkLeft
	m.move()
	m.freeze()
	if again := m.moving().checkLeft; left <= 0 || again <= 0 || again > left {
		t.Errorf("the rest of %v must go on; it is %v after the move", left, again)
	}
	m.thaw()
	m.wantFrame("ping")
}

func TestDriverMoveTakesItsShareOfTheBudget(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			budget := NewBudget(1<<40, func() {})
			m := newMover(t, network, protocol.Server, Options{Budget: budget, KeepAlive: -1})
			want := func(bytes int64, when string) {
				t.Helper()
				if used := budget.Used(); used != bytes {
					t.Errorf("%s the budget must include %d bytes; it includes %d", when, bytes, used)
				}
			}
			m.fill(40)
			m.freeze()
			frozen := budget.Used()
			next := m.arrive()
			want(2*frozen, "while both processes have the connection")
			m.Release()
			want(frozen, "when it has moved")
			m.Driver = next
			next.Start(m.handler)
			m.wantFilled(40)
			m.wantQueued(0)
			want(0, "when the peer has read everything")
		})
	}
}

// What is restored equals what was frozen.
func TestDriverMoveKeepsFigures(t *testing.T) {
	m := newMover(t, "tcp", protocol.Server, Options{CloseTimeout: time.Hour, HighWater: 1000})
	m.fill(40)
	_ = m.Close(1000, "")
	m.freeze()
	d := m.Driver
	d.keepAlive = keepAlive{written: 1 << 40, heard: true, outstanding: true, unanswered: 2, fresh: true, pinged: microseconds()}
	d.roundTrip, d.sent, d.sentHeld, d.held, d.closeTimeout = 12, 13, 14, 15, time.Minute
	left := d.moving()
	left.checkLeft, left.timerLeft, left.writeLeft = 0, time.Second, 2*time.Second
	next := m.arrive()
	defer func() { next.Release(); m.thaw() }()
	now := next.moving()
	for name, same := range map[string]bool{
		"keep-alive":    next.keepAlive.written == 1<<40 && next.keepAlive.unanswered == 2 && next.roundTrip == 12,
		"flags":         next.keepAlive.heard && next.keepAlive.outstanding && next.keepAlive.fresh && next.high,
		"the ping":      next.keepAlive.pinged-d.keepAlive.pinged < uint32(wiretest.Bound.Microseconds()), // without the time on the way
		"writing":       next.sent == 13 && next.sentHeld == 14 && next.state.writing == d.state.writing,
		"the timer":     next.armed == d.armed && next.held == 15 && next.closeTimeout == time.Minute,
		"rests":         now.checkLeft == 0 && now.timerLeft == time.Second && now.writeLeft == 2*time.Second,
		"queries":       next.Queued() == d.Queued() && next.State() == d.State() && next.Holding() == d.Holding(),
		"unwritten":     bytes.Equal(next.out[next.handed:], d.out[d.handed:]),
		"other process": next.state.handover == handoverFrozen,
	} {
		if !same {
			t.Errorf("%s must be as before: %+v, %+v, %+v; got %+v, %+v, %+v", name, d.keepAlive, d.state, left, next.keepAlive, next.state, now)
		}
	}
}

func TestDriverMoveLeaksNothing(t *testing.T) {
	fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			for range 10 {
				m := newMover(t, network, protocol.Server, Options{})
				m.fill(40)
				m.freeze()
				m.arrive().Release()
				m.move()
				m.freeze()
				m.move()
			}
		})
	}
	wiretest.WantNothingLeft(t, fds, goroutines)
}
