package linger

import (
	"context"
	"errors"
	"net"
	"os"

	"github.com/lingerws/linger/internal/handover"
)

// ReceiveOptions are the options of [Server.Receive]. The functions may be nil.
type ReceiveOptions struct {
	// Version is the version of this program, for messages.
	Version string

	// Terms is what [GreetOldProcess] has returned, nil if the program has not called it.
	Terms *HandoverTerms

	// Listener gets each listening socket of HandoverOptions.Listeners, which belongs to it. The program must not accept on it before
	// Receive has returned. Without it they are closed.
	Listener func(name string, file *os.File) error

	// State gets what HandoverOptions.State has returned. Take then takes what HandoverOptions.Yield has given up. An error ends the
	// hand-over, and the old process goes on.
	State func(state []byte) error
	Take  func(ctx context.Context) error

	// Started is called when the connections have been started, before Receive returns.
	Started func()

	// Ended is called, after Started, when the old process has nothing left, or with an error if it has ended before.
	Ended func(error)
}

// HandoverTerms is what the old process has answered to [GreetOldProcess].
type HandoverTerms = handover.Terms

// GreetOldProcess says hello on the link as soon as the program has started, so that a version of the state that it cannot read is found
// before it loads the application. Without it [Server.Receive] does so.
func GreetOldProcess(ctx context.Context, link *net.UnixConn, version string) (*HandoverTerms, error) {
	terms, err := handover.Greet(ctx, link, handover.Greeting{Version: version})
	return &terms, err
}

// Receive takes over the connections of an old process, in which [Server.Handover] is called with the other end of link. The program
// calls it when everything is loaded. It blocks until the connections belong to this process, which then has to accept new ones; the
// connections of which an event was in progress follow in the background, until ReceiveOptions.Ended is called.
//
// With an error nothing has been taken over: the program should end, and the old process goes on.
//
// The options of the server hold for the connections, except those that the opening handshake has decided. Connections that have moved count
// against the limits for new ones, and are never refused. If Options.Node is not set the server has the name of the old one. What
// is published before Receive has returned reaches nothing.
func (s *Server) Receive(ctx context.Context, link *net.UnixConn, opts ReceiveOptions) error {
	t := newTaker(s, opts)
	if s.isHandingOver() || !s.taking.CompareAndSwap(nil, t) {
		return errors.Join(ErrHandingOver, link.Close())
	}
	s.hub.feed.await()
	begun, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	result := make(chan error, 1)
	started := make(chan struct{})
	t.started = func() {
		stop() // from now on the end of ctx changes nothing
		close(started)
	}
	go func() {
		defer cancel(nil)
		err := handover.Take(begun, link, t, handover.TakeOptions{
			Greeting: handover.Greeting{Version: opts.Version}, Terms: opts.Terms,
			State: t.setState, Listener: opts.Listener,
		})
		t.end()
		s.taking.Store(nil)
		close(t.ended)
		result <- err
		if t.rounds > 0 && opts.Ended != nil {
			opts.Ended(err)
		}
	}()
	var err error
	select {
	case <-started:
		return nil
	case err = <-result:
	}
	select {
	case <-started: // the hand-over has ended since
		return nil
	default:
		return err
	}
}
