//go:build linux

package handover_test

import (
	"context"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/internal/handover"
)

func TestHandover(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = read.Close() }()
	defer func() { _ = write.Close() }()

	round := 0
	g := &giver{
		announce: func(send func(handover.Connection) error) error {
			if err := send(handover.Connection{ID: "a", State: []byte("request"), File: int(write.Fd())}); err != nil {
				return err
			}
			return send(handover.Connection{ID: "b", State: []byte("request"), File: int(write.Fd())})
		},
		freeze: func(_ context.Context, send func(handover.Connection) error) (int, error) {
			if round++; round == 1 {
				return 1, send(handover.Connection{ID: "a", State: []byte("open"), File: -1})
			}
			return 0, send(handover.Connection{ID: "b", State: []byte("open"), File: -1})
		},
	}
	g.commit = func(forward func(handover.Op) error) {
		for _, body := range []string{"1", "2"} {
			if err := forward(handover.Op{ID: string(rune('a' + round - 1)), Kind: 1, Body: []byte(body)}); err != nil {
				t.Error(err)
			}
		}
	}
	var files []int
	s := &taker{announced: func(c handover.Connection) error {
		files = append(files, c.File)
		return nil
	}}
	op := handover.Op{ID: "b", Channel: "news", Kind: 7, Body: []byte("body"), Except: []string{"a", "c"}}
	starts := 0
	s.start = func(forward func(handover.Op) error) {
		if starts++; starts == 1 {
			if err := forward(op); err != nil {
				t.Error(err)
			}
		}
	}
	listener, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	var names []string
	var state string
	var phases []handover.Phase
	r := run(t, g, s, handover.GiveOptions{
		Version: "1", State: []byte("node"), Listeners: []handover.Listener{{Name: ":8080", File: listener}},
		Progress: func(p handover.Phase, _ handover.Report) { phases = append(phases, p) },
	}, handover.TakeOptions{
		Greeting: handover.Greeting{Version: "2"},
		State:    func(b []byte) error { state = string(b); return nil },
		Listener: func(name string, f *os.File) error { names = append(names, name); return f.Close() },
	})
	if r.giveErr != nil || r.takeErr != nil {
		t.Fatalf("Give returns %v and Take returns %v", r.giveErr, r.takeErr)
	}
	if want := []string{"announce", "settle", "freeze", "yield", "commit", "freeze", "commit"}; !slices.Equal(g.log, want) {
		t.Errorf("the calls of the old process are %q, expected %q", g.log, want)
	}
	checkTaker(t, s.log)
	if want := []handover.Op{op}; !reflect.DeepEqual(g.ops, want) {
		t.Errorf("the old process has got %v, expected %v", g.ops, want)
	}
	if !slices.Equal(names, []string{":8080"}) || state != "node" {
		t.Errorf("the listeners are %q and the state is %q", names, state)
	}
	if want := []handover.Phase{"hello", "ready", "announce", "settle", "freeze", "commit", "drain", "linger", "done"}; !slices.Equal(phases, want) {
		t.Errorf("the phases are %q, expected %q", phases, want)
	}
	if c := r.report; !c.Committed || c.Moved != 2 || c.Left != 1 || c.Rounds != 2 || c.Announced != 2 || c.Ops != 4 || c.Lost != 0 || c.Version != "2" || c.PID != os.Getpid() || c.Pause <= 0 || c.Bytes == 0 {
		t.Errorf("the report is %+v", c)
	}
	checkFiles(t, files, read)
}

// checkTaker checks that the calls are in order, and that operations are applied before the start of their round.
func checkTaker(t *testing.T, log []string) {
	t.Helper()
	want := []string{"announced a request", "announced b request", "moved a open", "take", "commit", "op a 1", "op a 2", "start", "moved b open", "commit", "op b 1", "op b 2", "start"}
	if !slices.Equal(log, want) {
		t.Errorf("the calls of the new process are %q, expected %q", log, want)
	}
}

// checkFiles checks that the descriptors are those of the other end of read.
func checkFiles(t *testing.T, files []int, read *os.File) {
	t.Helper()
	for i, file := range files {
		text := string(rune('0' + i))
		if _, err := unix.Write(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 8)
		if n, err := read.Read(b); err != nil || string(b[:n]) != text {
			t.Errorf("descriptor %d has sent %q with error %v, expected %q", i, b[:n], err, text)
		}
		if flags, err := unix.FcntlInt(uintptr(file), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d would be inherited by child processes", i)
		}
		_ = unix.Close(file)
	}
	if len(files) == 0 {
		t.Error("no descriptor has arrived")
	}
}

func TestVersionRefused(t *testing.T) {
	g, s := &giver{}, &taker{}
	killed := 0
	r := run(t, g, s, handover.GiveOptions{Kill: func() { killed++ }}, handover.TakeOptions{Greeting: handover.Greeting{OldestState: 99, NewestState: 99, Version: "9"}})
	checkReason(t, r.giveErr, handover.ReasonVersion, handover.PhaseHello)
	checkReason(t, r.takeErr, handover.ReasonRefused, "")
	if text := r.takeErr.Error(); !strings.Contains(text, "99") {
		t.Errorf("the new process gets %q, expected the versions", text)
	}
	if len(g.log) > 0 || !slices.Equal(s.log, []string{"abandon"}) || killed != 1 {
		t.Errorf("the old process was called with %q and the new one with %q, and was killed %d times", g.log, s.log, killed)
	}
}
