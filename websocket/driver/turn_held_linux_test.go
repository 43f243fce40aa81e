package driver

import (
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// isHeld reports whether a connection has output that waits for the end of a turn.
func isHeld(d *Driver) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.parked() && d.state.writing == writeMonitored && d.state.reading == readIdle && d.m.Queued() > 0
}

// duringHold makes a new connection reply to input, and calls act in the same turn, on the goroutine of the loop, while the replies
// of this connection and two others are held back. If the loop has no ring they have been written then. It returns the handler of
// the connection, which calls reply.
func (l *oneLoop) duringHold(reply func(d *Driver, payload []byte), input []byte, act func(d *Driver, peer *net.TCPConn)) doing {
	l.t.Helper()
	for deadline := time.Now().Add(wiretest.Bound); ; {
		h := newDoing(reply)
		if l.tryDuringHold(h, input, act) {
			return h
		}
		if time.Now().After(deadline) {
			l.t.Fatal("output must be held back until the end of the turn")
		}
	}
}

// tryDuringHold is duringHold, but returns false if what arrives at once has been handled in more than one turn.
func (l *oneLoop) tryDuringHold(h Handler, input []byte, act func(d *Driver, peer *net.TCPConn)) (acted bool) {
	l.t.Helper()
	d, peer := l.connect(h)
	first, firstPeer := l.connect(newDoing(echoed))
	second, secondPeer := l.connect(newDoing(echoed))
	replied := func() bool {
		if l.hasRing() {
			return isHeld(d) && isHeld(first) && isHeld(second)
		}
		return unread(peer) > 0
	}
	called := make(chan struct{})
	_, actor := l.connect(newDoing(func(*Driver, []byte) {
		defer close(called)
		if acted = replied(); acted {
			act(d, peer)
		}
	}))
	_, last := l.connect(newDoing(echoed))
	l.atOnce(func() {
		writeAll(l.t, peer, input)
		for _, other := range []net.Conn{firstPeer, secondPeer, actor, last} {
			writeAll(l.t, other, wiretest.TextFrame("others"))
		}
	})
	for _, other := range []net.Conn{firstPeer, secondPeer, last} {
		wantBytes(l.t, other, served("others"), "on another connection of the turn")
	}
	if <-called; !acted {
		d.CloseNow()
	}
	return acted
}

// elsewhere calls f on another goroutine and waits for it.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	<-done
}

// heldCases are what can happen while the reply of a connection is held back. The peer receives want.
var heldCases = map[string]struct {
	act  func(t *testing.T, d *Driver)
	want []byte
	then func(t *testing.T, d *Driver, peer *net.TCPConn) // nil if the connection goes on as before
}{
	"a message of another goroutine": {
		act:  func(_ *testing.T, d *Driver) { elsewhere(func() { echoed(d, []byte("second")) }) },
		want: served("reply", "second"),
	},
	"a ping": {
		act:  func(_ *testing.T, d *Driver) { _ = d.Ping([]byte("hi")) },
		want: append(served("reply"), 0x89, 2, 'h', 'i'),
	},
	"a published message": {
		act: func(t *testing.T, d *Driver) {
			all := []Delivery{{To: d, Limit: 1 << 20}, {To: d, Limit: 1 << 20}, {To: d, Limit: 1 << 20}}
			Deliver(preparedText(t, "second"), all)
		},
		want: served("reply", "second", "second", "second"),
	},
	"messages sent together": {
		act: func(_ *testing.T, d *Driver) {
			d.Together(func() { echoed(d, []byte("second")); echoed(d, []byte("third")) })
		},
		want: served("reply", "second", "third"),
	},
	"a message to a full queue": {
		act: func(t *testing.T, d *Driver) {
			waiting := d.Queued()
			if n, err := d.SendWithin(max(waiting, 1), protocol.Text, nil); waiting > 0 && (n != waiting || !errors.Is(err, ErrQueueFull)) {
				t.Errorf("what is held back counts against the limit; got %d, %v", n, err)
			}
		},
		want: served("reply"),
		then: func(*testing.T, *Driver, *net.TCPConn) {},
	},
	"Pause and Resume": {
		act: func(t *testing.T, d *Driver) {
			d.Pause()
			echoed(d, []byte("second"))
			d.Resume()
			echoed(d, []byte("third"))
		},
		want: served("reply", "second", "third"),
	},
	"Pause": {
		act:  func(_ *testing.T, d *Driver) { d.Pause() },
		want: served("reply"),
		then: func(t *testing.T, d *Driver, peer *net.TCPConn) { d.Resume(); wantBack(t, peer, "after Resume") },
	},
	"Freeze": {
		act: func(t *testing.T, d *Driver) {
			if isHeld(d) && !errors.Is(d.Freeze(refuseOps), ErrBusy) {
				t.Error("a connection must not be frozen while output is held back")
			}
		},
		want: served("reply"),
		then: func(t *testing.T, d *Driver, peer *net.TCPConn) {
			eventually(t, "a connection must not be busy for long", func() bool { return d.Freeze(refuseOps) == nil })
			d.Thaw(nil)
			wantBack(t, peer, "after a thaw")
		},
	},
	"FreezeNow and Thaw": {
		act: func(t *testing.T, d *Driver) {
			if err := d.FreezeNow(refuseOps); err != nil {
				t.Errorf("FreezeNow must write what is held back; got %v", err)
			}
			d.Thaw(nil)
		},
		want: served("reply"),
	},
	"FreezeNow and Thaw later": {
		act:  func(_ *testing.T, d *Driver) { _ = d.FreezeNow(refuseOps) },
		want: served("reply"),
		then: func(t *testing.T, d *Driver, peer *net.TCPConn) { d.Thaw(nil); wantBack(t, peer, "after a thaw") },
	},
	"FreezeNow and Release": {
		act:  func(_ *testing.T, d *Driver) { _ = d.FreezeNow(refuseOps); d.Release() },
		want: served("reply"),
		then: wantEOF,
	},
	"Close by another goroutine": {
		act:  func(_ *testing.T, d *Driver) { elsewhere(func() { _ = d.Close(4001, "") }) },
		want: append(served("reply"), 0x88, 2, 4001>>8, 4001&0xff),
		then: func(t *testing.T, d *Driver, peer *net.TCPConn) {
			writeAll(t, peer, wiretest.CloseFrame(4001, ""))
			wantEOF(t, d, peer)
		},
	},
	"the goroutine ends": {
		act:  func(*testing.T, *Driver) { runtime.Goexit() },
		want: served("reply"),
	},
	"a slow handler": {
		act:  func(*testing.T, *Driver) { time.Sleep(10 * monitorTick) },
		want: served("reply"),
	},
}

// refuseOps is for connections that are not used while they are frozen.
func refuseOps(Op) (queued int, err error) { return 0, ErrBusy }

func wantEOF(t *testing.T, _ *Driver, peer *net.TCPConn) {
	t.Helper()
	if b, err := io.ReadAll(peer); err != nil || len(b) > 0 {
		t.Errorf("the peer must receive EOF next; got %q, %v", b, err)
	}
}

func preparedText(t *testing.T, text string) *protocol.Prepared {
	t.Helper()
	p, err := Prepare(protocol.Text, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTurnHeldOutput(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		for name, c := range heldCases {
			t.Run(name, func(t *testing.T) {
				var d *Driver
				var peer *net.TCPConn
				l.t = t
				l.duringHold(echoed, wiretest.TextFrame("reply"), func(held *Driver, its *net.TCPConn) {
					d, peer = held, its
					c.act(t, held)
				})
				wantBytes(t, peer, c.want, name)
				if c.then != nil {
					c.then(t, d, peer)
					return
				}
				wantBack(t, peer, "afterwards")
			})
		}
	})
}

// The reply leaves while the handler of a later connection blocks.
func TestTurnHeldOutputLeavesWhenAHandlerBlocks(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		l.duringHold(echoed, wiretest.TextFrame("reply"), func(_ *Driver, peer *net.TCPConn) {
			wantBytes(t, peer, served("reply"), "while another handler blocks")
		})
	})
}

// The reply leaves although the loop is busy with other connections, whose handlers do not send anything.
func TestTurnHeldOutputLeavesWhenTheLoopIsBusy(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		const others = 20
		for held, deadline := 0, time.Now().Add(wiretest.Bound); held < 10; {
			d, peer := l.connect(newDoing(echoed))
			before := make(chan bool, others) // whether the reply is held back before a handler is called
			var peers []*net.TCPConn
			for range others {
				_, other := l.connect(newDoing(func(*Driver, []byte) {
					before <- isHeld(d)
					for begin := time.Now(); time.Since(begin) < holdBound/2; {
					}
				}))
				peers = append(peers, other)
			}
			l.atOnce(func() {
				writeAll(t, peer, wiretest.TextFrame("reply"))
				for _, other := range peers {
					writeAll(t, other, wiretest.TextFrame("x"))
				}
			})
			late := 0
			for range others {
				if <-before {
					late++
				}
			}
			wantBytes(t, peer, served("reply"), "in a turn of busy handlers")
			if late > 5 {
				t.Fatalf("a reply must leave after %v; %d handlers that take half of that were called before", holdBound, late)
			}
			if late > 0 || !l.hasRing() {
				held++
			}
			if time.Now().After(deadline) {
				t.Fatal("replies must be held back until the end of the turn")
			}
		}
	})
}
