package main

import (
	"context"
	"errors"
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
		if got := finish(nil, time.Hour, func(context.Context) error { return want }); !errors.Is(got, want) {
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
			err := finish(nil, 200*time.Millisecond, shutdown)
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
		err := finish(nil, time.Hour, func(context.Context) error { time.Sleep(time.Hour - time.Second); return nil })
		if err != nil {
			t.Errorf("a shutdown that ends before its time is over is good; got %v", err)
		}
	})
}

func TestASecondSignalCutsTheShutdownShort(t *testing.T) {
	for signal, status := range map[os.Signal]exitStatus{os.Interrupt: 130, syscall.SIGTERM: 143} {
		signals := make(chan os.Signal, 1)
		signals <- signal
		err := finish(signals, time.Hour, func(ctx context.Context) error { <-ctx.Done(); return nil })
		if got, ok := errors.AsType[exitStatus](err); !ok || got != status {
			t.Errorf("%v ends the process with status %d; got %v", signal, status, err)
		}
	}
}
