package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lingerws/linger"
)

// signals are those that a server heeds.
type signals struct {
	end    chan os.Signal // to end in order
	reload chan os.Signal // to load the application anew
}

// notify begins to heed SIGHUP, which would end the process.
func notify() *signals {
	s := &signals{
		end:    make(chan os.Signal, 2), // the first and the second
		reload: make(chan os.Signal, 1),
	}
	s.expectHangup()
	return s
}

// expectEnd begins to heed the signals that end a server in order, and does so until the
// process has ended. Before that they end it at once.
func (s *signals) expectEnd() { signal.Notify(s.end, os.Interrupt, syscall.SIGTERM) }

// ignoreReload logs signals that ask for a reload, for a server that has nothing to load.
func (s *signals) ignoreReload(log *slog.Logger) {
	for range s.reload {
		log.Info("SIGHUP ignored: there is no application to load anew; SIGTERM ends the server")
	}
}

// offer sends a signal unless the channel holds as many as it can.
func offer(to chan<- os.Signal, s os.Signal) {
	select {
	case to <- s:
	default:
	}
}

// sameSignal is the time within which further signals count as the first: process
// managers and terminals send one to a whole group, and a parent process passes it on.
const sameSignal = time.Second

// finish runs the shutdown that a signal asked for and waits for it, until the limit is
// over or another signal comes. What still runs then ends with the process.
func (s service) finish(first os.Signal, signals <-chan os.Signal, shutdown func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	began, connections := time.Now(), s.connections()
	ended := make(chan error, 1)
	go func() { ended <- shutdown(ctx) }()
	s.log.Info("shutting down", "signal", first.String(), "connections", connections)
	for {
		select {
		case err := <-ended:
			if ctx.Err() == nil && !errors.Is(err, linger.ErrShutdown) {
				return err
			}
		case <-ctx.Done():
		case again := <-signals:
			if time.Since(began) < sameSignal {
				continue
			}
			s.log.Warn("shutdown cut off by a second signal", "signal", again.String(), "connections", s.connections())
			return cutShort(again)
		}
		return fmt.Errorf("the shutdown took longer than %v: a listener, or a promise it gave to waitUntil, did not end; "+
			"connections that were left have been cut; give it more time with --shutdown-timeout", s.limit)
	}
}

// cutShort is how a process ends that a signal ended, as a shell reports it.
func cutShort(s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if !ok {
		return exitStatus(exitFailure)
	}
	return exitStatus(128 + int(number))
}
