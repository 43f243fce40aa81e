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

// signals delivers the signals that a server handles.
type signals struct {
	shutdown chan os.Signal // requests for a graceful shutdown
	reload   chan os.Signal // requests for a reload of the application
	upgrade  chan os.Signal // requests for an upgrade
}

// notify starts the handling of SIGHUP and SIGUSR2. Without it, they would end the process.
func notify() *signals {
	s := &signals{
		shutdown: make(chan os.Signal, 2), // the first signal, and one that ends the shutdown early
		reload:   make(chan os.Signal, 1),
		upgrade:  make(chan os.Signal, 1),
	}
	s.notifyHangup()
	s.notifyUpgrade()
	return s
}

// notifyShutdown starts the handling of SIGINT and SIGTERM, which otherwise end the process at once.
func (s *signals) notifyShutdown() { signal.Notify(s.shutdown, os.Interrupt, syscall.SIGTERM) }

// trySend sends a signal to a channel. It does nothing if the channel is full.
func trySend(to chan<- os.Signal, s os.Signal) {
	select {
	case to <- s:
	default:
	}
}

// signalWindow is the time within which further signals count as the first one: process managers and terminals send a
// signal to a whole process group, and a parent process forwards it.
const signalWindow = time.Second

// awaitShutdown runs the shutdown and waits until it returns, shutdownTimeout has passed, or a further signal arrives after
// signalWindow. In the last two cases the shutdown goes on until the process ends. why is logged.
func (s service) awaitShutdown(why slog.Attr, signals <-chan os.Signal, shutdown func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.shutdownTimeout)
	defer cancel()
	s.manager.Stopping(s.shutdownTimeout + drainMargin)
	began, connections := time.Now(), s.connections()
	result := make(chan error, 1)
	go func() { result <- shutdown(ctx) }()
	s.log.Info("shutting down", why, "connections", connections)
	for {
		select {
		case err := <-result:
			if ctx.Err() == nil && !errors.Is(err, linger.ErrShutdown) {
				return err
			}
		case <-ctx.Done():
		case again := <-signals:
			if time.Since(began) < signalWindow {
				continue
			}
			s.log.Warn("shutdown ended early by a second signal", "signal", again.String(), "connections", s.connections())
			return signalStatus(again)
		}
		return fmt.Errorf("the shutdown took longer than %v: a listener has not returned, or a promise passed to waitUntil has not settled; "+
			"the remaining connections have been aborted; allow more time with --shutdown-timeout", s.shutdownTimeout)
	}
}

// signalStatus returns the exit status of a process that a signal has ended, as shells report it.
func signalStatus(s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if !ok {
		return exitStatus(exitFailure)
	}
	return exitStatus(128 + int(number))
}
