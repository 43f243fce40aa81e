package worker

import (
	"context"
	"errors"
	"net"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
)

var _ linger.Mover = handler{}

// Handover hands the connections over to a new process, in which the application was loaded with [LoadForHandover] and [App.Receive] is called
// with the other end of link. It is [linger.Server.Handover], whose options it takes, for an application:
//
//   - Connections with the functional events move with their data and subscriptions, and hibernatable WebSockets with their objects, tags and
//     attachments. Those that depend on variables of the script are closed with 1012, as at a reload: WebSocket objects of a script,
//     and connections that were accepted with reload: "close".
//   - Events in progress, responses and promises of waitUntil finish here, within Drain and Options.Server.ShutdownTimeout.
//   - If the application stores something, all requests and messages wait from Settle on until the new process has the storage. Events in progress have two seconds to
//     finish; after that they fail when they use the storage, and objects that are not idle are reset. Connections that cannot move are closed at once, whatever
//     Linger says.
//   - Each time of a schedule is due in one of the processes.
//
// The functions of the options are called too, before those of the application; Yield and Resume after them. If nothing has moved, the error says why, and the
// application goes on. Otherwise it has ended when Handover returns. Reload and Reconfigure return [ErrHandingOver] in the meantime.
func (a *App) Handover(ctx context.Context, link *net.UnixConn, opts linger.HandoverOptions) (linger.HandoverReport, error) {
	if err := a.beginHandover(); err != nil {
		return linger.HandoverReport{}, errors.Join(err, link.Close())
	}
	a.addHooks(&opts)
	report, err := a.server.Handover(ctx, link, opts)
	if !report.Committed {
		a.endHandover()
		return report, err
	}
	a.finish(ctx)
	return report, err
}

// beginHandover refuses reloads from now on.
func (a *App) beginHandover() error {
	if a.stores && a.opts.Data == "" {
		return errTemporaryData
	}
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if a.handingOver {
		return ErrHandingOver
	}
	a.handingOver = true
	return nil
}

// endHandover allows reloads again, because the hand-over has failed.
func (a *App) endHandover() {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	a.handingOver = false
}

// addHooks makes the options those of a hand-over of the application.
func (a *App) addHooks(opts *linger.HandoverOptions) {
	own := *opts
	if a.stores {
		opts.Linger = -1
		opts.Settle = func(ctx context.Context) error {
			if own.Settle != nil {
				if err := own.Settle(ctx); err != nil {
					return err
				}
			}
			return a.settle(ctx)
		}
	}
	opts.State = func() ([]byte, error) {
		b := a.appendState(nil)
		if own.State == nil {
			return b, nil
		}
		state, err := own.State()
		return wire.AppendBytes(b, fieldCaller, state), err
	}
	opts.Yield = func(ctx context.Context) error {
		if err := a.yield(ctx); err != nil || own.Yield == nil {
			return err
		}
		return own.Yield(ctx)
	}
	opts.Resume = func() {
		a.resume()
		if own.Resume != nil {
			own.Resume()
		}
	}
	opts.Committed = func() {
		if own.Committed != nil {
			own.Committed()
		}
		a.committed()
	}
}

// finish ends the application when another process has taken over and what could not move has ended.
func (a *App) finish(ctx context.Context) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.server.Options().ShutdownTimeout)
	defer cancel()
	select {
	case <-a.pending.settled():
	case <-a.workers[0].ended: // by Shutdown
	case <-bounded.Done():
		a.opts.Logger.Warn("promises of waitUntil, responses or scheduled events were cut off: the new process has taken over, and the shutdown timeout has expired")
	}
	a.stop()
}

// Receive takes over the connections of an old process, in which [App.Handover] is called with the other end of link. It is [linger.Server.Receive],
// whose options it takes, for an application that [LoadForHandover] has loaded. The functions of the options are called too, before those of the application. With
// an error nothing has been taken over, and the program should end.
func (a *App) Receive(ctx context.Context, link *net.UnixConn, opts linger.ReceiveOptions) error {
	if !a.receiving.Load() {
		return errors.Join(errNotForHandover, link.Close())
	}
	own := opts
	opts.State = func(state []byte) error {
		callers, err := a.setState(state)
		if err != nil || own.State == nil {
			return err
		}
		return own.State(callers)
	}
	opts.Take = func(ctx context.Context) error {
		if own.Take != nil {
			if err := own.Take(ctx); err != nil {
				return err
			}
		}
		return a.takeData(ctx)
	}
	opts.Started = func() {
		if own.Started != nil {
			own.Started()
		}
		a.started()
	}
	err := a.server.Receive(ctx, link, opts)
	if err != nil {
		_ = a.yield(context.WithoutCancel(ctx)) // for the old process; never fails, because that waits for all uses
	}
	return err
}

// errNotForHandover is the error of Receive for an application that has its data directory open already, or has received another one.
var errNotForHandover = errors.New("worker: the application was not loaded for a hand-over, or has taken over already: load it with LoadForHandover")

// Movable returns what would become of the connections in a hand-over at this moment: [linger.Server.Movable].
func (a *App) Movable() linger.Movability { return a.server.Movable() }
