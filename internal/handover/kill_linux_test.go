package handover_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/handover"
)

// takeOver is the new process of TestKill. It writes to its output what it does.
func takeOver(link *net.UnixConn) {
	say := func(text string) { _, _ = os.Stdout.WriteString(text + "\n") } // without a buffer, so that it is there when the process is killed
	s := &quiet{}
	s.take = func(context.Context) error { say("take"); return nil }
	s.start = func(func(handover.Op) error) { say("start") }
	if err := handover.Take(context.Background(), link, s, handover.TakeOptions{}); err != nil {
		say(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// TestKill kills the new process at a random moment. If the old process goes on with its connections, the new one must not have started them, and
// otherwise the old process must not have taken them back.
func TestKill(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	committed := 0
	for seed := range uint64(64) {
		random := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a schedule
		command, output := exec.Command(program), &bytes.Buffer{}
		command.Env, command.Stdout = append(os.Environ(), "TAKES_OVER_IN_TEST=1"), output
		child, err := handover.Start(command)
		if err != nil {
			t.Fatal(err)
		}
		rounds, at := 0, random.IntN(6)
		kill := func(step int) {
			if step == at {
				delay := time.Duration(random.IntN(300)) * time.Microsecond
				go func() {
					time.Sleep(delay)
					child.Kill()
				}()
			}
		}
		g := &giver{
			announce: func(send func(handover.Connection) error) error {
				kill(0)
				return sendMany(200, int(os.Stdin.Fd()), send)
			},
			settle: func(context.Context) error { kill(1); return nil },
			freeze: func(_ context.Context, send func(handover.Connection) error) (int, error) {
				rounds++
				kill(1 + rounds)
				return max(0, 3-rounds), sendMany(60, -1, send)
			},
			yield: func(context.Context) error { kill(5); return nil },
		}
		report, err := handover.Give(t.Context(), child.Link, g, handover.GiveOptions{Kill: child.Kill, Exited: child.Exited()})
		child.Kill()
		_ = child.Err()
		started, said := strings.Count(output.String(), "start\n"), output.String()
		backs := 0
		for _, call := range g.log {
			if call == "roll back" {
				backs++
			}
		}
		commits := len(slices.DeleteFunc(slices.Clone(g.log), func(call string) bool { return call != "commit" }))
		switch {
		case started > commits:
			t.Errorf("seed %d: the new process has started %d rounds, and the old one has given up %d: %q; Give returns %+v, %v", seed, started, commits, g.log, report, err)
		case err != nil && !report.Committed && backs != 1, err == nil && backs != 0, commits+backs > rounds+1:
			t.Errorf("seed %d: the calls of the old process are %q; Give returns %+v, %v, and the new process has said %q", seed, g.log, report, err, said)
		}
		if report.Committed {
			committed++
		}
	}
	t.Logf("%d of 64 hand-overs were committed", committed)
}

func sendMany(n, file int, send func(handover.Connection) error) error {
	for i := range n {
		if err := send(handover.Connection{ID: fmt.Sprintf("c%04d", i), State: make([]byte, 100), File: file}); err != nil {
			return err
		}
	}
	return nil
}
