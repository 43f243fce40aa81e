package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lingerws/linger"
)

// notify returns the signals that end the program, and what to call when they
// need not be waited for any longer.
func notify() (signals <-chan os.Signal, stop func()) {
	ch := make(chan os.Signal, 2) // the first and the second
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	return ch, func() { signal.Stop(ch) }
}

// finish runs the shutdown and waits for it, until limit is over or another
// signal comes. What still runs then ends with the process.
func finish(signals <-chan os.Signal, limit time.Duration, shutdown func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- shutdown(ctx) }()
	select {
	case err := <-ended:
		if ctx.Err() == nil && !errors.Is(err, linger.ErrShutdown) {
			return err
		}
	case <-ctx.Done():
	case s := <-signals:
		return cutShort(s)
	}
	return fmt.Errorf("the shutdown took longer than %v: a listener, or a promise it gave to waitUntil, did not end; "+
		"connections that were left have been cut; give it more time with --shutdown-timeout", limit)
}

// cutShort is how a process ends that a signal ended, as a shell reports it.
func cutShort(s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if !ok {
		return exitStatus(exitFailure)
	}
	return exitStatus(128 + int(number))
}
