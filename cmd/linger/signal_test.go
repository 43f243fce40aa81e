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

func TestAwaitShutdownReturnsErrorOfShutdown(t *testing.T) {
	failure := errors.New("the listener is stuck")
	for _, want := range []error{nil, failure} {
		if got := serviceOf(time.Hour).awaitShutdown(slog.Attr{}, nil, func(context.Context) error { return want }); !errors.Is(got, want) {
			t.Errorf("a shutdown that returns in time must return %v; got %v", want, got)
		}
	}
}

func TestAwaitShutdownTimeout(t *testing.T) {
	for name, shutdown := range map[string]func(context.Context) error{
		"never returns":              func(context.Context) error { select {} },
		"returns at the timeout":     func(ctx context.Context) error { <-ctx.Done(); return nil },
		"returns linger.ErrShutdown": func(context.Context) error { return linger.ErrShutdown },
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			err := serviceOf(200*time.Millisecond).awaitShutdown(slog.Attr{}, nil, shutdown)
			if err == nil || !strings.Contains(err.Error(), "took longer than 200ms") {
				t.Errorf("a shutdown that %s must be reported as incomplete; got %v", name, err)
			}
			if spent := time.Since(began); spent > testTimeout {
				t.Errorf("a shutdown must end after 200ms; it took %v", spent)
			}
		})
	}
}

func TestAwaitShutdownWithinTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := serviceOf(time.Hour).awaitShutdown(slog.Attr{}, nil, func(context.Context) error { time.Sleep(time.Hour - time.Second); return nil })
		if err != nil {
			t.Errorf("a shutdown that returns just before the timeout must succeed; got %v", err)
		}
	})
}

func TestAwaitShutdownIgnoresSignalsWithinWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal, 2)
		go func() {
			for range 9 {
				time.Sleep(100 * time.Millisecond)
				signals <- syscall.SIGTERM
			}
		}()
		err := serviceOf(time.Hour).awaitShutdown(slog.Attr{}, signals, func(context.Context) error { time.Sleep(time.Minute); return nil })
		if err != nil {
			t.Errorf("further signals within a second must not end the shutdown early; got %v", err)
		}
	})
}

func TestAwaitShutdownSecondSignalEndsItEarly(t *testing.T) {
	for signal, status := range map[os.Signal]exitStatus{os.Interrupt: 130, syscall.SIGTERM: 143} {
		synctest.Test(t, func(t *testing.T) {
			signals := make(chan os.Signal, 1)
			time.AfterFunc(signalWindow, func() { signals <- signal })
			var log bytes.Buffer
			s := serviceOf(time.Hour)
			s.log = slog.New(slog.NewTextHandler(&log, nil))
			err := s.awaitShutdown(slog.Attr{}, signals, func(ctx context.Context) error { <-ctx.Done(); return nil })
			if got, ok := errors.AsType[exitStatus](err); !ok || got != status {
				t.Errorf("a second signal %v must end the process with status %d; got %v", signal, status, err)
			}
			if got := log.String(); !strings.Contains(got, "shutdown ended early by a second signal") || !strings.Contains(got, "signal="+signal.String()) {
				t.Errorf("the log must contain the second signal; it is %q", got)
			}
		})
	}
}

// serviceOf returns a service with a shutdown timeout and without connections.
func serviceOf(shutdownTimeout time.Duration) service {
	return service{log: slog.New(slog.DiscardHandler), shutdownTimeout: shutdownTimeout, connections: func() int { return 0 }}
}
