package driver

import (
	"bufio"
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/netlayer"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// mover is a connection on a real socket that moves between "processes", which are all in that of the test.
type mover struct {
	*Driver // where it is
	*recorder

	t       *testing.T
	handler Handler // the recorder, or another one
	opts    Options
	peer    net.Conn
	r       *bufio.Reader // of peer
	held    []Op          // what has been diverted
	drained chan struct{} // receives a value for each call of Drained
	end     chan Outcome  // receives the argument of Closed
}

// newMover returns a started connection that echoes messages.
func newMover(t *testing.T, network string, role protocol.Role, opts Options) *mover {
	t.Helper()
	return newMoverWith(t, network, role, opts, nil)
}

// newMoverWith is newMover with another handler.
func newMoverWith(t *testing.T, network string, role protocol.Role, opts Options, h Handler) *mover {
	t.Helper()
	near, peer := socketPair(t, network)
	if tcp, ok := peer.(*net.TCPConn); ok { // so that the kernel does not take much
		_ = tcp.SetReadBuffer(16 << 10)
		_ = near.(*net.TCPConn).SetWriteBuffer(16 << 10)
	}
	_ = peer.SetDeadline(time.Now().Add(wiretest.Bound))
	m := &mover{t: t, opts: opts, peer: peer, r: bufio.NewReader(peer), drained: make(chan struct{}, 100), end: make(chan Outcome, 2)}
	m.recorder = &recorder{
		onMessage: func(d *Driver, payload []byte) { _, _ = d.Send(protocol.Text, payload) },
		onDrained: func(*Driver) { m.drained <- struct{}{} },
		onClosed:  func(_ *Driver, end Outcome) { m.end <- end },
	}
	m.Driver = New(near, role, nil, opts)
	if m.handler = h; h == nil {
		m.handler = m.recorder
	}
	m.Start(m.handler)
	t.Cleanup(func() { m.CloseNow(); _ = peer.Close() })
	return m
}

// socketPair returns the two ends of a connection on TCP or on Unix sockets.
func socketPair(t *testing.T, network string) (near, peer net.Conn) {
	t.Helper()
	if network == "tcp" {
		return wiretest.WirePair(t)
	}
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if peer, err = net.Dial("unix", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, peer
}

// divert keeps a call.
func (m *mover) divert(op Op) (queued int, err error) {
	m.held = append(m.held, op)
	return 0, nil
}

func (m *mover) takeHeld() []Op {
	held := m.held
	m.held = nil
	return held
}

// freeze freezes the connection, which may be busy for a moment.
func (m *mover) freeze() {
	m.t.Helper()
	if err := m.tryFreeze(); err != nil {
		m.t.Fatalf("the connection must be frozen; got %v", err)
	}
}

// tryFreeze is freeze for a connection that may have ended.
func (m *mover) tryFreeze() (err error) {
	m.t.Helper()
	eventually(m.t, "the connection must not be busy for long", func() bool {
		err = m.Freeze(m.divert)
		return !errors.Is(err, ErrBusy)
	})
	return err
}

// eventually fails unless the condition holds in time.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(wiretest.Bound); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// thaw continues the frozen connection where it is.
func (m *mover) thaw() { m.Thaw(m.takeHeld) }

// move continues the frozen connection in "another process".
func (m *mover) move() {
	m.t.Helper()
	m.moveWith(m.AppendState(nil))
}

// moveWith is move with a state that need not be that of the connection.
func (m *mover) moveWith(state []byte) {
	m.t.Helper()
	next := m.arriveWith(state)
	m.Release()
	wantDone(m.t, m.Driver)
	m.Driver = next
	next.StartWith(m.handler, m.takeHeld)
}

// arrive returns the frozen connection as "another process" restores it.
func (m *mover) arrive() *Driver {
	m.t.Helper()
	return m.arriveWith(m.AppendState(nil))
}

// arriveWith is arrive with a state that need not be that of the connection.
func (m *mover) arriveWith(state []byte) *Driver {
	m.t.Helper()
	fd := -1
	err := m.Descriptor(func(own int) error {
		fd = dup(m.t, own)
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	d, err := Restore(fd, state, m.opts)
	if err != nil {
		m.t.Fatal(err)
	}
	return d
}

// dup returns another descriptor of the same socket, as another process gets it.
func dup(t *testing.T, fd int) int {
	t.Helper()
	other, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// send writes frames of the peer.
func (m *mover) send(frames []byte) {
	m.t.Helper()
	if _, err := m.peer.Write(frames); err != nil {
		m.t.Fatalf("the peer must be able to write; got %v", err)
	}
}

// arrived waits until the connection has read what the peer has sent.
func (m *mover) arrived() {
	m.t.Helper()
	eventually(m.t, "the connection must read what has arrived", func() bool {
		left := 0
		err := m.Descriptor(func(fd int) (err error) {
			left, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
			return err
		})
		return left == 0 || err != nil
	})
}

// wantFrame fails unless the peer reads this frame.
func (m *mover) wantFrame(want string) {
	m.t.Helper()
	if f, err := wiretest.ReadFrame(m.r); err != nil || f.String() != want {
		m.t.Fatalf("the peer must read %s; got %v, %v", want, f, err)
	}
}

// wantEOF fails unless the peer reads EOF next.
func (m *mover) wantEOF() {
	m.t.Helper()
	if b, err := io.ReadAll(m.r); err != nil || len(b) > 0 {
		m.t.Fatalf("the peer must read EOF, never a reset; got %d bytes, %v", len(b), err)
	}
}

// wantEnd fails unless the connection ends like this, once.
func (m *mover) wantEnd(want string) {
	m.t.Helper()
	select {
	case end := <-m.end:
		if got := wiretest.Describe(end.Outcome); got != want {
			m.t.Fatalf("the connection must end as %q; got %q", want, got)
		}
	case <-time.After(wiretest.Bound):
		m.t.Fatalf("the connection must end as %q; it has not ended", want)
	}
}

// wantCalls fails unless the handler has had these calls since the last check, in time.
func (m *mover) wantCalls(want ...string) {
	m.t.Helper()
	var got []string
	eventually(m.t, "the handler must be called", func() bool {
		got = append(got, m.newCalls()...)
		return len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		m.t.Fatalf("the handler must be called with %q; got %q", want, got)
	}
}

// endPeer ends the direction of the peer.
func (m *mover) endPeer() { netlayer.CloseWrite(m.peer) }

// eachMove runs a test in which a connection is frozen, and then thawed, moved, or moved twice.
func eachMove(t *testing.T, test func(t *testing.T, network string, goOn func(m *mover))) {
	for _, network := range []string{"tcp", "unix"} {
		for name, goOn := range map[string]func(m *mover){
			"thawed": (*mover).thaw,
			"moved":  (*mover).move,
			"moved twice": func(m *mover) {
				m.move()
				if m.tryFreeze() == nil { // it may have ended
					m.move()
				}
			},
			"adopted and abandoned": func(m *mover) {
				m.arrive().Release()
				m.thaw()
			},
		} {
			t.Run(network+", "+name, func(t *testing.T) {
				t.Parallel()
				test(t, network, goOn)
			})
		}
	}
}
