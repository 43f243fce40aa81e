//go:build unix

package process

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// fakeHost is a Host for a child that calls no function of its own. The turns are run by the test.
type fakeHost struct {
	script.Host
	turns chan func() error
	log   chan string
}

func newFakeHost() *fakeHost {
	return &fakeHost{turns: make(chan func() error, 100), log: make(chan string, 100)}
}

func (h *fakeHost) Enqueue(turn func() error)                                { h.turns <- turn }
func (h *fakeHost) CallFailed(function string, err error)                    { h.log <- function + ": " + err.Error() }
func (h *fakeHost) Compute(int64, func(context.Context), func() error) error { return nil }
func (h *fakeHost) Threw(_ int, err error, _ []script.Frame)                 { h.log <- err.Error() }

// untilFatal runs turns until one makes the Runtime unusable, and returns its error.
func (h *fakeHost) untilFatal(t *testing.T) error {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case turn := <-h.turns:
			if err := turn(); err != nil {
				return err
			}
		case <-late:
			t.Fatal("the Runtime is still usable")
		}
	}
}

// launch starts a shell as a child that runs a script, and loads an application in it.
func launch(t *testing.T, sh string, timeout time.Duration) (*fakeHost, script.Runtime) {
	t.Helper()
	h, r := prepare(t, sh, timeout)
	if err := r.Load(); err != nil {
		t.Fatalf("the child starts; got %v", err)
	}
	return h, r
}

// prepare is launch without the start of the child.
func prepare(t *testing.T, sh string, timeout time.Duration) (*fakeHost, script.Runtime) {
	t.Helper()
	h := newFakeHost()
	r := New(func(script.Host) Options {
		return Options{Path: "/bin/sh", Args: []string{"-c", sh}, Env: os.Environ()}
	})(h, script.Application{Name: "linger:app", EventTimeout: timeout})
	t.Cleanup(func() { _ = r.Close() })
	return h, r
}

func TestRemoteFailures(t *testing.T) {
	t.Parallel()
	const hello = `printf '\010\000\000\000\000\001\000\010\000\000\000\000' >&4; `
	const hasFunctions = `printf '\037\000\000\000\000\001\000\010\002\000\000\000\006\011\000\000\000configure\006\004\000\000\000load' >&4; `
	for _, c := range []struct {
		name, sh string
		kind     error
		text     string
	}{
		{"a child that exits", `exit 3`, script.ErrExited, "exited with status 3"},
		{"a child that is killed", `kill -9 $$`, script.ErrExited, "killed by signal"},
		{"a child with another version of the protocol", `printf '\003\000\000\000\000\007\000' >&4; cat`, script.ErrBroken, "its version is 7, but this program has 1"},
		{"a child that sends an unknown kind of frame", `printf '\001\000\000\000\011' >&4; cat`, script.ErrBroken, "does not send the kind 9"},
		{"a child that calls a function that does not exist", `printf '\003\000\000\000\001\377\377' >&4; cat`, script.ErrBroken, "there is no function 65535"},
		{"a child that sends an argument that ends early", `printf '\006\000\000\000\001\000\000\006\005\000' >&4; cat`, script.ErrBroken, "it ends early"},
		{"a child that sends text", `echo 'Hello, this is no frame' >&4; cat`, script.ErrBroken, "its length is"},
		{"a child that has no function to load an application", hello + `cat`, script.ErrBroken, `has no function "configure"`},
		{"a child that does not handle what it gets in time", hasFunctions + `sleep 1000`, script.ErrInterrupted, "interrupted"},
		{"a child that is stopped", hasFunctions + `kill -STOP $$`, script.ErrInterrupted, "interrupted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			timeout := time.Second // which the test waits for
			if !errors.Is(c.kind, script.ErrInterrupted) {
				timeout = patience
			}
			h, r := launch(t, c.sh, timeout)
			err := h.untilFatal(t)
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) || !script.IsFatal(err) {
				t.Errorf("the error is %v with %q; got %v", c.kind, c.text, err)
			}
			if again := r.Dispatch(time.Now(), 1, &script.Drain{}); !errors.Is(again, c.kind) {
				t.Errorf("later events fail for the same reason; got %v", again)
			}
			if _, err := r.Loaded(); !errors.Is(err, c.kind) {
				t.Errorf("so does loading; got %v", err)
			}
		})
	}
}

func TestRemoteStop(t *testing.T) {
	t.Parallel()
	h, r := launch(t, `sleep 1000`, patience)
	r.Stop()
	if err := h.untilFatal(t); !errors.Is(err, script.ErrExited) {
		t.Errorf("a Runtime that was stopped ends; got %v", err)
	}
}

// A worker may be stopped, by a shutdown, while a reload starts its next child.
func TestRemoteStopDuringLoad(t *testing.T) {
	t.Parallel()
	for range 10 {
		h, r := prepare(t, `sleep 1000`, patience)
		go r.Stop()
		if err := r.Load(); err != nil {
			t.Fatalf("the child starts; got %v", err)
		}
		if err := h.untilFatal(t); !errors.Is(err, script.ErrExited) {
			t.Errorf("a Runtime that was stopped ends, also if its child started later; got %v", err)
		}
	}
}
