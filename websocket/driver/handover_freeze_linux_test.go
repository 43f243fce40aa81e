package driver

import (
	"errors"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// blocker is a handler whose calls block until the test lets them return.
type blocker struct {
	echo
	inEvents, inWork bool
	entered, leave   chan struct{}
}

func (b *blocker) block(d *Driver, blocks bool) {
	if blocks {
		b.entered <- struct{}{}
		<-b.leave
		_, _ = d.Send(protocol.Text, []byte("late"))
	}
}

func (b *blocker) Events(d *Driver, events []protocol.Event) (work bool) {
	b.echo.Events(d, events)
	b.block(d, b.inEvents)
	return b.inWork
}

func (b *blocker) Work(d *Driver) { b.block(d, b.inWork) }

// A connection is not frozen during a call of its handler, unless a call of Work is given up.
func TestDriverFreezeDuringCalls(t *testing.T) {
	for name, b := range map[string]*blocker{"Events": {inEvents: true}, "Work": {inWork: true}} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(name+", "+network, func(t *testing.T) {
				b := &blocker{inEvents: b.inEvents, inWork: b.inWork, entered: make(chan struct{}), leave: make(chan struct{})}
				m := newMoverWith(t, network, protocol.Server, Options{}, b)
				m.send(wiretest.TextFrame("hello"))
				<-b.entered
				if err := m.Freeze(m.divert); !errors.Is(err, ErrBusy) {
					t.Errorf("Freeze must fail during the call; got %v", err)
				}
				switch err := m.FreezeNow(m.divert); {
				case b.inEvents:
					if !errors.Is(err, ErrBusy) {
						t.Errorf("FreezeNow must fail during a call of Events; got %v", err)
					}
					b.leave <- struct{}{}
					m.wantFrame(`text "hello"`)
					m.wantFrame(`text "late"`)
					m.freeze()
				case err != nil:
					t.Fatalf("FreezeNow must not wait for a call of Work; got %v", err)
				default:
					old := m.Driver
					m.wantFrame(`text "hello"`)
					m.handler = echo{}
					m.move()
					b.leave <- struct{}{}
					eventually(t, "what the call sends must be diverted", func() bool {
						old.mu.Lock()
						defer old.mu.Unlock()
						return len(m.held) == 1
					})
					m.send(wiretest.TextFrame("moved"))
					m.wantFrame(`text "moved"`)
					_, _ = m.takeHeld()[0].Apply(m.Driver)
					m.wantFrame(`text "late"`)
					return
				}
				m.handler = echo{}
				m.move()
				m.send(wiretest.TextFrame("moved"))
				m.wantFrame(`text "moved"`)
			})
		}
	}
}

func TestDriverFreezeAfterTheEnd(t *testing.T) {
	m := newMover(t, "tcp", protocol.Server, Options{})
	m.send(wiretest.CloseFrame(1000, ""))
	m.wantFrame("close 1000")
	m.wantEOF()
	m.wantEnd("clean, received 1000, sent 1000, first remote, close")
	if err := m.Freeze(m.divert); !errors.Is(err, ErrEnded) {
		t.Errorf("a connection whose transport lingers must not be frozen; got %v", err)
	}
	_ = m.peer.Close()
	wantDone(t, m.Driver)
	for name, err := range map[string]error{
		"Freeze":     m.Freeze(m.divert),
		"FreezeNow":  m.FreezeNow(m.divert),
		"Descriptor": m.Descriptor(func(int) error { return nil }),
	} {
		if !errors.Is(err, ErrEnded) {
			t.Errorf("%s must report that the connection has ended; got %v", name, err)
		}
	}
}

// A frozen or released connection answers questions, and diverts what is done to it.
func TestDriverReleased(t *testing.T) {
	m := newMover(t, "tcp", protocol.Server, Options{})
	m.freeze()
	if err := m.Freeze(m.divert); !errors.Is(err, ErrBusy) {
		t.Errorf("a frozen connection must not be frozen again; got %v", err)
	}
	old := m.Driver
	m.move()
	if local, _ := old.Addrs(); local != nil || old.Queued() != 0 || old.Holding() != 0 || old.State() != protocol.StateOpen || old.RoundTrip() != 0 {
		t.Error("a released connection must be empty, without addresses, and open")
	}
	old.Pause()
	old.Resume()
	old.SetLimits(Options{KeepAlive: 1})
	old.Thaw(nil)
	old.Release()
	for _, op := range operations {
		_, _ = op.Apply(old)
	}
	if len(m.held) != len(operations)-1 || old.State() != protocol.StateClosing { // one is over its limit
		t.Errorf("calls after the release must be diverted; got %d, and the state %v", len(m.held), old.State())
	}
	if err := old.Freeze(m.divert); !errors.Is(err, ErrEnded) {
		t.Errorf("a released connection must not be frozen; got %v", err)
	}
}

// A connection fills the size class of 96 bytes, of which a million idle ones have one each.
func TestDriverSize(t *testing.T) {
	if size := unsafe.Sizeof(Driver{}); size > 96 {
		t.Errorf("a Driver may have 96 bytes; it has %d", size)
	}
}

// A state that is not one is refused, and the descriptor is closed.
func TestRestoreRefuses(t *testing.T) {
	for name, state := range map[string]string{
		"not a record":                  "\xff",
		"an unknown timer":              "\x68\x09",
		"more unanswered pings":         "\x50\x09",
		"a part that is not there":      "\xa0\x01\x05",
		"output that is not queued":     "\x20\x02\x32\x05hello",
		"a machine that is not one":     "\x2a\x01\xff",
		"waiting after the end of ours": "\x20\x06",
	} {
		t.Run(name, func(t *testing.T) {
			m := newMover(t, "tcp", protocol.Server, Options{})
			m.freeze()
			d := m.arrive()
			fd := -1
			_ = d.Descriptor(func(own int) error { fd = dup(t, own); return nil })
			d.Release()
			before := wiretest.Descriptors()
			if _, err := Restore(fd, []byte(state), Options{}); !errors.Is(err, ErrState) {
				t.Errorf("the state must be refused; got %v", err)
			}
			if n := wiretest.Descriptors(); n >= before {
				t.Errorf("the descriptor must be closed; there are %d, and were %d", n, before)
			}
			m.thaw()
			m.send(wiretest.TextFrame("goes on"))
			m.wantFrame(`text "goes on"`)
		})
	}
}

// FuzzRestore checks that no state makes a connection panic.
func FuzzRestore(f *testing.F) {
	for _, state := range []string{
		"", "\x20\x02\x32\x02\x81\x00\x2a\x03\xc8\x01\x02", "\x08\x02\x68\x02\x70\x01\x20\x08\x2a\x06\x08\x0a\x18\x01\x28\x00",
	} {
		f.Add([]byte(state))
	}
	f.Fuzz(func(t *testing.T, state []byte) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Restore(fds[0], state, Options{})
		if err == nil {
			d.Start(echo{})
			_, _ = unix.Write(fds[1], wiretest.TextFrame("hello"))
			_ = d.Close(1000, "")
			d.CloseNow()
			<-d.Done()
		}
		_ = unix.Close(fds[1])
	})
}
