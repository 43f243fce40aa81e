package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lingerws/linger/internal/wire"
)

// ErrHandingOver is returned by Reload and Reconfigure during a hand-over, and after one: the new process has loaded its own version.
var ErrHandingOver = errors.New("worker: the application is being handed over to another process, which has loaded its version already; try again if the hand-over fails")

// errTemporaryData is the error of a hand-over of data that end with the process.
var errTemporaryData = errors.New("worker: the application stores data in a temporary directory, which cannot be handed over: set Options.Data")

// The fields of the state of an application.
const (
	fieldCron       = 1 // the record of a schedule
	fieldLastSocket = 2 // the number of the last hibernatable WebSocket, without its sign
	fieldCaller     = 3 // the state of the caller of Handover
	fieldEnded      = 4 // the record of a WebSocket whose connection has ended
	fieldLease      = 5 // the incarnation of the lease of the node in its cluster

	cronText = 1
	cronFrom = 2 // the time after which its next event is due, in nanoseconds since 1970
)

// appendState stops the schedules, and appends the state of the application as a whole.
func (a *App) appendState(b []byte) []byte {
	for text, from := range a.clocks.pause() {
		record := wire.AppendString(nil, cronText, text)
		record = wire.AppendInt(record, cronFrom, from.UnixNano())
		b = wire.AppendBytes(b, fieldCron, record)
	}
	b = a.objects.appendEnded(b, fieldEnded)
	if a.cluster != nil {
		b = wire.AppendString(b, fieldLease, a.cluster.incarnation())
	}
	return wire.AppendUint(b, fieldLastSocket, uint64(-a.objects.hibernatables.lastNumber())) //nolint:gosec // is negative
}

// setState sets the state of the application, from another process, and returns that of the caller of Handover there.
func (a *App) setState(state []byte) (callers []byte, err error) {
	from := map[string]time.Time{}
	r := wire.NewReader(state)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case fieldCron:
			text, at, err := readCron(r.Bytes())
			if err != nil {
				return nil, fmt.Errorf("the state of a schedule: %w", err)
			}
			from[text] = at
		case fieldEnded:
			ended, err := readEnded(r.Bytes())
			if err != nil {
				return nil, err
			}
			a.ended = append(a.ended, ended)
		case fieldCaller:
			callers = r.Bytes()
		case fieldLease:
			if a.cluster != nil {
				a.cluster.inherited = r.String()
			}
		case fieldLastSocket:
			a.objects.hibernatables.reserve(-int(r.Uint())) //nolint:gosec // a number of this program
		}
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("the state of the application: %w", err)
	}
	a.cronsFrom = from
	return callers, nil
}

func readCron(record []byte) (text string, from time.Time, err error) {
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case cronText:
			text = r.String()
		case cronFrom:
			from = time.Unix(0, r.Int())
		}
	}
	return text, from, r.Err()
}

// takeData opens the data directory that the old process has closed.
func (a *App) takeData(ctx context.Context) error {
	if !a.stores {
		return nil
	}
	opened, err := a.openStore(a.opts.Data)
	if err != nil {
		return err
	}
	if ctx.Err() != nil { // the old process has given up
		a.closeStore(opened.store)
		return ctx.Err()
	}
	a.setData(opened)
	return nil
}

// started begins what belongs to one process at a time, when this one has taken over. A second call has no effect.
func (a *App) started() {
	if !a.receiving.CompareAndSwap(true, false) {
		return
	}
	a.posts.setActive(true)
	if a.cluster != nil {
		go a.startReceived()
	}
	a.objects.unpark()
	for _, ended := range a.ended {
		a.objects.deliverEnded(ended)
	}
	a.ended = nil
	a.objects.pauseAlarms(false)
	a.clocks.takeOver(a.cronsFrom)
}

// beginObjects is started for the first event of an object's connection, which shows that this process has taken over.
func (a *App) beginObjects() {
	if a.receiving.Load() {
		a.started()
	}
}
