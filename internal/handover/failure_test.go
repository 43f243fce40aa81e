//go:build linux

package handover_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/internal/handover"
)

// TestCommittedInTime checks that a Committed which the old process has not read when a bound has passed counts.
func TestCommittedInTime(t *testing.T) {
	const round = 100 * time.Millisecond
	rounds := 0
	g := &giver{freeze: func(_ context.Context, send func(handover.Connection) error) (int, error) {
		rounds++
		return 2 - rounds, send(handover.Connection{ID: "a", File: -1})
	}}
	released := make(chan struct{})
	g.apply = func(handover.Op) { <-released } // so that Committed is not read
	s := &taker{}
	var forward func(handover.Op) error
	s.start = func(f func(handover.Op) error) { forward = f }
	s.commit = func() error {
		if forward == nil {
			return nil
		}
		time.AfterFunc(4*round, func() { close(released) })
		return forward(handover.Op{})
	}
	r := run(t, g, s, handover.GiveOptions{RoundTimeout: round}, handover.TakeOptions{})
	checkReason(t, r.giveErr, handover.ReasonTimeout, handover.PhaseDrain)
	if want := []string{"announce", "settle", "freeze", "yield", "commit", "freeze", "commit"}; !slices.Equal(g.log, want) || r.report.Moved != 2 {
		t.Errorf("the calls of the old process are %q with report %+v, expected %q", g.log, r.report, want)
	}
}

// raw is a new process that does what a test says.
func raw(t *testing.T, o handover.GiveOptions, g handover.Giver, f func(conn *net.UnixConn)) (handover.Report, error) {
	t.Helper()
	old, successor := pair(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(successor)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	report, err := handover.Give(ctx, old, g, o)
	<-done
	return report, err
}

// TestFirstPhases checks what the old process does if the new one does not become ready.
func TestFirstPhases(t *testing.T) {
	for name, c := range map[string]struct {
		successor func(t *testing.T, conn *net.UnixConn)
		reason    handover.Reason
		phase     handover.Phase
		text      string
	}{
		"exits at once": {func(_ *testing.T, conn *net.UnixConn) { _ = conn.Close() }, handover.ReasonExited, handover.PhaseHello, ""},
		"exits after the hello": {func(t *testing.T, conn *net.UnixConn) {
			if _, err := handover.Greet(t.Context(), conn, handover.Greeting{}); err != nil {
				t.Error(err)
			}
			_ = conn.Close()
		}, handover.ReasonExited, handover.PhaseReady, ""},
		"refuses": {func(t *testing.T, conn *net.UnixConn) {
			if _, err := handover.Greet(t.Context(), conn, handover.Greeting{}); err != nil {
				t.Error(err)
			}
			if err := handover.Refuse(conn, errors.New("app.js has an error in line 7")); err != nil {
				t.Error(err)
			}
		}, handover.ReasonRefused, handover.PhaseReady, "app.js has an error in line 7"},
		"hangs": {func(_ *testing.T, conn *net.UnixConn) { _, _ = conn.Read(make([]byte, 1)) }, handover.ReasonTimeout, handover.PhaseHello, "1s"},
		"hangs after the hello": {func(t *testing.T, conn *net.UnixConn) {
			if _, err := handover.Greet(t.Context(), conn, handover.Greeting{}); err != nil {
				t.Error(err)
			}
			_, _ = conn.Read(make([]byte, 1))
		}, handover.ReasonTimeout, handover.PhaseReady, "1s"},
		"is too new": {func(t *testing.T, conn *net.UnixConn) {
			_, err := handover.Greet(t.Context(), conn, handover.Greeting{Version: "v99", OldestState: 98, NewestState: 99})
			checkReason(t, err, handover.ReasonRefused, "")
			_ = conn.Close()
		}, handover.ReasonVersion, handover.PhaseHello, "v99"},
		"is too old": {func(t *testing.T, conn *net.UnixConn) {
			_, err := handover.Greet(t.Context(), conn, handover.Greeting{OldestState: -1, NewestState: -1})
			checkReason(t, err, handover.ReasonRefused, "")
			_ = conn.Close()
		}, handover.ReasonVersion, handover.PhaseHello, ""},
		"is another program": {func(_ *testing.T, conn *net.UnixConn) {
			_, _ = conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
			_, _ = conn.Read(make([]byte, 1))
		}, handover.ReasonLink, handover.PhaseHello, "malformed"},
		"ends within a message": {func(_ *testing.T, conn *net.UnixConn) {
			_, _ = conn.Write([]byte{0, 0, 0, 9, 1, 0, 8})
			_ = conn.Close()
		}, handover.ReasonExited, handover.PhaseHello, ""},
		"is ready without a hello": {func(_ *testing.T, conn *net.UnixConn) {
			_, _ = conn.Write([]byte{0, 0, 0, 0, 3, 0})
			_, _ = conn.Read(make([]byte, 1))
		}, handover.ReasonLink, handover.PhaseHello, "kind 3"},
	} {
		t.Run(name, func(t *testing.T) {
			g, killed := &giver{}, 0
			report, err := raw(t, handover.GiveOptions{ReadyTimeout: time.Second, Kill: func() { killed++ }}, g, func(conn *net.UnixConn) { c.successor(t, conn) })
			checkReason(t, err, c.reason, c.phase)
			if err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("the error is %q, expected the text %q", err, c.text)
			}
			if len(g.log) > 0 || killed != 1 || report.Committed {
				t.Errorf("the old process was called with %q, the new one was killed %d times, and the report is %+v", g.log, killed, report)
			}
		})
	}
}

// TestCancel checks that the caller can end a hand-over before it is committed.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := &giver{settle: func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}}
	old, successor := pair(t)
	taken := make(chan error, 1)
	go func() { taken <- handover.Take(t.Context(), successor, &taker{}, handover.TakeOptions{}) }()
	_, err := handover.Give(ctx, old, g, handover.GiveOptions{})
	checkReason(t, err, handover.ReasonCanceled, handover.PhaseSettle)
	checkReason(t, <-taken, handover.ReasonExited, "")
	if want := []string{"announce", "settle", "roll back"}; !slices.Equal(g.log, want) {
		t.Errorf("the calls of the old process are %q, expected %q", g.log, want)
	}
}

// TestExited checks that the end of the process ends the hand-over, also if something else has the link open.
func TestExited(t *testing.T) {
	exited := make(chan struct{})
	g := &giver{settle: func(ctx context.Context) error {
		close(exited)
		<-ctx.Done()
		return ctx.Err()
	}}
	r := run(t, g, &taker{}, handover.GiveOptions{Exited: exited}, handover.TakeOptions{})
	checkReason(t, r.giveErr, handover.ReasonExited, handover.PhaseSettle)
}

// TestKilledBeforeRollBack checks the order, because a new process that lives may hold what the old one takes back.
func TestKilledBeforeRollBack(t *testing.T) {
	g := &giver{}
	s := &taker{take: func(context.Context) error { return errors.New("the disk is full") }}
	r := run(t, g, s, handover.GiveOptions{Kill: func() { g.add("kill") }}, handover.TakeOptions{})
	checkReason(t, r.giveErr, handover.ReasonAborted, handover.PhaseCommit)
	checkReason(t, r.takeErr, handover.ReasonTaker, "")
	if !strings.Contains(r.giveErr.Error(), "the disk is full") {
		t.Errorf("the error is %q, expected that of the new process", r.giveErr)
	}
	if want := []string{"announce", "settle", "freeze", "yield", "kill", "roll back"}; !slices.Equal(g.log, want) {
		t.Errorf("the calls of the old process are %q, expected %q", g.log, want)
	}
	if want := []string{"take", "abandon"}; !slices.Equal(s.log, want) {
		t.Errorf("the calls of the new process are %q, expected %q", s.log, want)
	}
}

// TestProbe checks that a new process can be asked without a hand-over.
func TestProbe(t *testing.T) {
	old, successor := pair(t)
	taken := make(chan error, 1)
	s := &taker{}
	go func() {
		taken <- handover.Take(t.Context(), successor, s, handover.TakeOptions{Greeting: handover.Greeting{Version: "v2"}})
	}()
	killed := 0
	report, err := handover.Probe(t.Context(), old, handover.GiveOptions{Kill: func() { killed++ }})
	if err != nil || report.Version != "v2" || report.PID != os.Getpid() || killed != 1 {
		t.Errorf("Probe returns %+v and %v, and has killed %d times", report, err, killed)
	}
	if err := <-taken; !errors.Is(err, handover.ErrChecked) {
		t.Errorf("Take returns %v, expected ErrChecked", err)
	}
	if want := []string{"abandon"}; !slices.Equal(s.log, want) {
		t.Errorf("the calls of the new process are %q, expected %q", s.log, want)
	}
}

// TestDescriptorsOfFailure checks that no descriptor is left open after a hand-over has failed while many were on their way.
func TestDescriptorsOfFailure(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	before := openFiles(t)
	var got atomic.Int64
	g := &giver{announce: func(send func(handover.Connection) error) error {
		for {
			if err := send(handover.Connection{ID: "a", File: int(file.Fd())}); err != nil {
				return err
			}
		}
	}}
	s := &taker{announced: func(c handover.Connection) error {
		_ = unix.Close(c.File)
		if got.Add(1) == 5000 {
			return errors.New("enough")
		}
		return nil
	}}
	r := run(t, g, s, handover.GiveOptions{}, handover.TakeOptions{})
	if r.giveErr == nil || r.takeErr == nil {
		t.Errorf("Give returns %v and Take %v, expected errors", r.giveErr, r.takeErr)
	}
	deadline := time.Now().Add(bound)
	for openFiles(t) > before { // the kernel closes descriptors that were on their way with the socket
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors are open, expected %d", openFiles(t), before)
		}
		time.Sleep(time.Millisecond)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestLargeState checks that a state larger than all buffers arrives, and that one larger than the bound is refused.
func TestLargeState(t *testing.T) {
	state := make([]byte, 10<<20)
	for i := range len(state) / 4 {
		binary.BigEndian.PutUint32(state[4*i:], uint32(i)) //nolint:gosec // small
	}
	g := &giver{freeze: func(_ context.Context, send func(handover.Connection) error) (int, error) {
		if err := send(handover.Connection{ID: "b", State: make([]byte, handover.MaxMessage), File: -1}); !errors.Is(err, handover.ErrTooLarge) {
			t.Errorf("a state that is too large returns %v", err)
		}
		return 0, send(handover.Connection{ID: "a", State: state, File: -1})
	}}
	same := false
	s := &taker{moved: func(c handover.Connection) error {
		same = slices.Equal(c.State, state)
		return nil
	}}
	if r := run(t, g, s, handover.GiveOptions{}, handover.TakeOptions{}); r.giveErr != nil || !same {
		t.Errorf("Give returns %v, and the state has arrived unchanged: %v", r.giveErr, same)
	}
}

// TestQueueFull checks that operations are refused when too many wait for a process that does not read.
func TestQueueFull(t *testing.T) {
	handover.SetQueueLimit(t, 4<<20)
	body := make([]byte, 100<<10)
	reading := make(chan struct{})
	sent, refused := 0, 0
	g := &giver{commit: func(forward func(handover.Op) error) {
		for refused < 3 && sent < 1000 {
			switch err := forward(handover.Op{ID: "a", Body: body}); {
			case err == nil:
				sent++
			case errors.Is(err, handover.ErrQueueFull):
				refused++
			default:
				t.Error(err)
				return
			}
		}
		close(reading)
	}}
	applied := 0
	s := &taker{apply: func(handover.Op) {
		<-reading
		applied++
	}}
	r := run(t, g, s, handover.GiveOptions{}, handover.TakeOptions{})
	if r.giveErr != nil || refused != 3 || applied != sent || r.report.Lost != 3 || r.report.Ops != sent {
		t.Errorf("Give returns %v: %d operations were forwarded, %d refused, %d applied; the report is %+v", r.giveErr, sent, refused, applied, r.report)
	}
	if sent < 40 || sent > 100 { // 4 MiB, and what the kernel and the new process have taken
		t.Errorf("%d operations of 100 KiB were waiting, expected about 40", sent)
	}
}

// TestStall checks that a new process that has stopped reading ends the link, and that Linger is still called.
func TestStall(t *testing.T) {
	handover.SetStallLimit(t, 300*time.Millisecond)
	g := &giver{commit: func(forward func(handover.Op) error) {
		for range 100 {
			if err := forward(handover.Op{ID: "a", Body: make([]byte, 1<<20)}); err != nil {
				return
			}
		}
	}}
	released := make(chan struct{})
	s := &taker{apply: func(handover.Op) { <-released }}
	r := run(t, g, s, handover.GiveOptions{Linger: func(context.Context) error {
		defer close(released)
		for g.forwarded() == nil { // until the link has ended
			time.Sleep(time.Millisecond)
		}
		return nil
	}}, handover.TakeOptions{})
	checkReason(t, r.giveErr, handover.ReasonLink, handover.PhaseLinger)
	if !r.report.Committed || !strings.Contains(r.giveErr.Error(), "has not read") {
		t.Errorf("Give returns %+v, %v, expected that the link has stalled", r.report, r.giveErr)
	}
}

// TestGone checks that a connection that ends while it is announced is closed in the new process.
func TestGone(t *testing.T) {
	var gone func()
	g := &giver{
		announce: func(send func(handover.Connection) error) error {
			gone = func() {
				if err := send(handover.Connection{ID: "a", Gone: true, File: -1}); err != nil {
					t.Error(err)
				}
			}
			return send(handover.Connection{ID: "a", State: []byte("b"), File: -1})
		},
		settle: func(context.Context) error { gone(); return nil },
	}
	var got []handover.Connection
	s := &taker{announced: func(c handover.Connection) error { got = append(got, c); return nil }}
	r := run(t, g, s, handover.GiveOptions{}, handover.TakeOptions{})
	if r.giveErr != nil || len(got) != 2 || got[0].Gone || !got[1].Gone || got[1].ID != "a" || r.report.Announced != 1 {
		t.Errorf("Give returns %+v, %v; the new process has got %+v", r.report, r.giveErr, got)
	}
}
