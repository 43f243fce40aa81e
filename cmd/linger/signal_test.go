package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
)

func TestFinishReturnsWhatTheShutdownReturns(t *testing.T) {
	failure := errors.New("the listener is stuck")
	for _, want := range []error{nil, failure} {
		if got := serviceOf(time.Hour).finish(os.Interrupt, nil, func(context.Context) error { return want }); !errors.Is(got, want) {
			t.Errorf("a shutdown in time ends with %v; got %v", want, got)
		}
	}
}

func TestFinishIsBounded(t *testing.T) {
	for name, shutdown := range map[string]func(context.Context) error{
		"hangs":                func(context.Context) error { select {} },
		"ends with its time":   func(ctx context.Context) error { <-ctx.Done(); return nil },
		"gave up a bit before": func(context.Context) error { return linger.ErrShutdown },
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			err := serviceOf(200*time.Millisecond).finish(os.Interrupt, nil, shutdown)
			if err == nil || !strings.Contains(err.Error(), "took longer than 200ms") {
				t.Errorf("a shutdown that %s was not finished, and that is said; got %v", name, err)
			}
			if spent := time.Since(began); spent > patience {
				t.Errorf("a shutdown is given 200ms; it was %v", spent)
			}
		})
	}
}

func TestFinishGivesTheShutdownItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := serviceOf(time.Hour).finish(os.Interrupt, nil, func(context.Context) error { time.Sleep(time.Hour - time.Second); return nil })
		if err != nil {
			t.Errorf("a shutdown that ends before its time is over is good; got %v", err)
		}
	})
}

func TestFinishAnotherSignalWithinASecondCountsAsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal, 2)
		go func() {
			for range 9 {
				time.Sleep(100 * time.Millisecond)
				signals <- syscall.SIGTERM
			}
		}()
		err := serviceOf(time.Hour).finish(syscall.SIGTERM, signals, func(context.Context) error { time.Sleep(time.Minute); return nil })
		if err != nil {
			t.Errorf("signals within a second are one: the shutdown is finished in order; got %v", err)
		}
	})
}

func TestFinishASecondSignalCutsTheShutdownShort(t *testing.T) {
	for signal, status := range map[os.Signal]exitStatus{os.Interrupt: 130, syscall.SIGTERM: 143} {
		synctest.Test(t, func(t *testing.T) {
			signals := make(chan os.Signal, 1)
			time.AfterFunc(sameSignal, func() { signals <- signal })
			var log bytes.Buffer
			s := serviceOf(time.Hour)
			s.log = slog.New(slog.NewTextHandler(&log, nil))
			err := s.finish(syscall.SIGTERM, signals, func(ctx context.Context) error { <-ctx.Done(); return nil })
			if got, ok := errors.AsType[exitStatus](err); !ok || got != status {
				t.Errorf("%v ends the process with status %d; got %v", signal, status, err)
			}
			if got := log.String(); !strings.Contains(got, "shutdown cut off by a second signal") || !strings.Contains(got, "signal="+signal.String()) {
				t.Errorf("the log says that a second signal cut the shutdown off; it is %q", got)
			}
		})
	}
}

// serviceOf returns a service whose shutdown has a limit.
func serviceOf(limit time.Duration) service {
	return service{log: slog.New(slog.DiscardHandler), limit: limit, connections: func() int { return 0 }}
}
