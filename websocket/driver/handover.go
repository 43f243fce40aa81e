package driver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/lingerws/linger/protocol"
)

// A connection can move to another process. In the old one it is frozen, its state is appended, and after the other process
// has it, it is released; in the new one it is adopted, restored and started:
//
//	old process                      new process
//	Freeze                           Adopt
//	AppendState, Descriptor   ---->  Restore
//	Release, or Thaw                 Start
//
// While it is frozen the peer notices nothing but a pause, and the kernel keeps what arrives. Calls on it are diverted as
// operations to a function of the layer above, which keeps them, or sends them to the other process.

// The errors of [Driver.Freeze].
var (
	// ErrBusy is the error for a connection on which a call of the handler is under way or due: try again later.
	ErrBusy = errors.New("driver: the connection is busy; try again when the calls of its handler have returned")

	// ErrEnded is the error for a connection that has ended, though its transport may linger, or that has been released.
	ErrEnded = errors.New("driver: the connection has ended")

	// ErrFixed is the error for a connection whose transport cannot move to another process.
	ErrFixed = errors.New("driver: the connection cannot move to another process")
)

// movableTransport is a transport whose descriptor another process can take over.
type movableTransport interface {
	transport

	// descriptor calls use with the descriptor.
	descriptor(use func(fd int) error) error

	// freeze ends the reports of a [notifyingTransport], and makes a read and a write of a [blockingTransport] return.
	// thaw reverses it.
	freeze()
	thaw() error

	// leave closes the descriptor, which the peer does not notice, because another process has it too.
	leave()
}

// moving is the transport of a connection that is frozen or released, with what is known about it.
type moving struct {
	movableTransport // nil for a released connection
	divert           func(Op) (queued int, err error)

	state   protocol.State // when it was frozen
	queued  int            // bytes that waited when it was frozen
	closing bool           // our half has been closed, or will be by an operation
	adopted bool           // it has not been live in this process

	checkLeft, timerLeft, writeLeft time.Duration // the rest of the times of keep-alive, of the armed timer, and of the write timer; negative if there is none
}

// moving returns what is known about a connection that is not live, otherwise nil. mu is held.
func (d *Driver) moving() *moving {
	if d.state.live() {
		return nil
	}
	m, _ := d.transport.(*moving)
	return m
}

// Movable returns nil if the transport of the connection can move to another process. Otherwise the error wraps [ErrFixed] and
// contains the reason.
func (d *Driver) Movable() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.movable()
	return err
}

// movable returns the transport if it can move. mu is held.
func (d *Driver) movable() (movableTransport, error) {
	switch t := d.transport.(type) {
	case movableTransport:
		return t, nil
	case *reporterTransport:
		return nil, fmt.Errorf("%w: it is in the memory of this process", ErrFixed)
	case *streamTransport:
		if _, ok := t.nc.(*tls.Conn); ok {
			return nil, fmt.Errorf("%w: the keys of its TLS are in this process", ErrFixed)
		}
	}
	return nil, fmt.Errorf("%w: it has no descriptor that can be passed on", ErrFixed)
}

// Freeze stops the connection where it is: until [Driver.Thaw] nothing is read, written, timed or delivered. It may wait for
// a system call of another goroutine, and never for the peer. Until Thaw, and after [Driver.Release], the calls on the connection are
// passed to divert, whose results are returned to the caller: queued is the number of bytes that wait there, to which
// those in the send queue are added. divert is called with the lock of the connection held: it must not use the
// connection. What is refused at once, like invalid text or a message after a Close, is not passed on. Pause, Resume and
// SetLimits work on the frozen connection.
//
// The error is [ErrBusy], [ErrEnded], or wraps [ErrFixed]; then nothing has changed.
func (d *Driver) Freeze(divert func(Op) (queued int, err error)) error {
	d.mu.Lock()
	defer d.rest()
	if d.works > 0 && d.state.live() {
		return ErrBusy
	}
	return d.freeze(divert)
}

// FreezeNow is [Driver.Freeze] of a connection on which a call of Work may be due or under way, which is given up: what has been sent
// during the call is part of the state, what it still sends is diverted. While a call of another method of the handler is
// under way the error is [ErrBusy].
func (d *Driver) FreezeNow(divert func(Op) (queued int, err error)) error {
	d.mu.Lock()
	defer d.rest()
	if d.state.live() && d.state.transport != transportClosed && d.state.reading == readIdle && !d.parked() {
		d.endBatch()
		d.settle()
	}
	return d.freeze(divert)
}

// freeze is FreezeNow for a caller that holds mu.
func (d *Driver) freeze(divert func(Op) (queued int, err error)) error {
	t, err := d.freezable()
	if err != nil {
		return err
	}
	m := &moving{movableTransport: t, divert: divert, checkLeft: -1, timerLeft: -1, writeLeft: -1}
	m.state, m.queued = d.status()
	m.closing = !d.parked() && !d.m.MaySend()
	d.state.freeze()
	d.stopTimers(m)
	d.transport = m
	t.freeze()
	if d.parked() {
		return nil
	}
	for d.readerIn || d.writerIn {
		d.handled.Wait()
	}
	m.queued = d.m.Queued()
	return nil
}

// freezable returns the transport of a connection that can be frozen now. mu is held.
func (d *Driver) freezable() (movableTransport, error) {
	switch {
	case d.state.handover == handoverFrozen:
		return nil, ErrBusy
	case d.state.transport == transportClosed, d.state.end != endPending, !d.parked() && (d.m.Done() || d.m.EndDue()):
		return nil, ErrEnded
	}
	t, err := d.movable()
	if err == nil && (d.handler == nil || !d.state.freezable() || !d.parked() && (d.drains > 0 || d.early != nil)) {
		err = ErrBusy
	}
	return t, err
}

// stopTimers stops the timers of a connection that is frozen. mu is held.
func (d *Driver) stopTimers(m *moving) {
	m.checkLeft = d.disarmKeepAlive()
	if d.parked() {
		return
	}
	if d.armed != protocol.TimerNone {
		d.timer.Stop()
		d.timer, m.timerLeft = nil, max(0, time.Until(d.due))
	}
	if d.state.writing == writeWaiting && d.settings().WriteTimeout >= 0 {
		d.unwatchWriter()
		m.writeLeft = max(0, d.settings().WriteTimeout-time.Since(d.watched))
	}
}

// Thaw continues a frozen connection. held, which may be nil, returns the operations that divert has kept. It is called with
// the lock of the connection held, and no call is diverted any more, so they take effect before all later calls. On a
// connection that is not frozen Thaw does nothing.
func (d *Driver) Thaw(held func() []Op) {
	d.mu.Lock()
	defer d.rest()
	if d.state.handover == handoverFrozen && d.handler != nil {
		d.thaw(held)
	}
}

// StartWith is [Driver.Start] of a connection that has been adopted and restored, with operations that were kept meanwhile, as in
// [Driver.Thaw].
func (d *Driver) StartWith(h Handler, held func() []Op) {
	d.mu.Lock()
	defer d.rest()
	if d.state.handover == handoverFrozen {
		d.handler = h
		d.thaw(held)
	}
}

// thaw continues a frozen connection that has a handler. mu is held.
func (d *Driver) thaw(held func() []Op) {
	m := d.moving()
	d.transport = m.movableTransport
	d.state.thaw()
	if !d.notified {
		d.thawBlocking(m)
	}
	d.startChecks(m.checkLeft)
	if !d.parked() {
		d.startTimers(m)
	}
	if held != nil {
		d.applyHeld(held())
	}
	if d.state.transport != transportClosed {
		d.goOn(m)
	}
}

// applyHeld makes the calls that were diverted before the connection was thawed. mu is held.
func (d *Driver) applyHeld(ops []Op) {
	if len(ops) > 0 && d.parked() {
		d.unpark()
	}
	for _, op := range ops {
		_, _ = d.apply(op) // its caller has been told that it is queued
	}
}

// startChecks continues keep-alive, with the rest of the time to the next check. The interval may have changed. mu is held.
func (d *Driver) startChecks(left time.Duration) {
	switch interval := d.settings().KeepAlive; {
	case interval < 0:
	case left < 0:
		d.armKeepAlive()
	default:
		d.startKeepAlive(min(left, interval+interval/10), interval)
	}
}

// startTimers starts the timers that stopTimers has stopped. Limits may have changed. mu is held.
func (d *Driver) startTimers(m *moving) {
	if d.armed != protocol.TimerNone {
		d.startTimer(max(0, m.timerLeft))
	}
	if timeout := d.settings().WriteTimeout; d.state.writing == writeWaiting && timeout >= 0 {
		wait := timeout
		if m.writeLeft >= 0 {
			wait = min(m.writeLeft, timeout)
		}
		d.watched = time.Now().Add(wait - timeout)
		d.startWriteTimer(wait)
	}
}

// goOn continues reading and writing where the connection was frozen. mu is held.
func (d *Driver) goOn(m *moving) {
	if d.notified {
		d.goOnReporting(m)
	}
	if d.parked() {
		return
	}
	d.handled.Broadcast()
	d.wakeReader()
	if d.high && d.state.writing == writeIdle {
		go d.emptied() // it was due when the connection was frozen
	}
	d.settle()
}

// goOnReporting makes a notifyingTransport report its readiness, whatever it has reported before. mu is held.
func (d *Driver) goOnReporting(m *moving) {
	if err := m.thaw(); err != nil && d.state.input != inputEnded {
		if d.parked() {
			d.unpark()
		}
		d.endInputLocked(err)
	}
	d.awaitRoomAgain(d.notifier())
}

// thawBlocking lets goroutines read and write again, before anything else is written. mu is held.
func (d *Driver) thawBlocking(m *moving) {
	t, _ := m.movableTransport.(blockingTransport)
	_ = m.thaw()
	if m.adopted && d.state.input != inputEnded {
		d.startReader(t, nil)
	}
	if d.state.writing == writeWaiting {
		d.startWriter()
	}
}

// Release ends a frozen connection in this process, after another one has taken it over: its descriptor is closed, which the peer
// does not notice. The handler is not called any more, and [Driver.Done] is closed. Calls are still diverted. On a
// connection that is not frozen Release does nothing.
func (d *Driver) Release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.handover != handoverFrozen {
		return
	}
	m := d.moving()
	d.state.release()
	m.leave()
	d.transport = &moving{divert: m.divert, state: m.state, closing: m.closing}
	if !d.parked() {
		d.forget()
	}
	d.announceClosed()
}

// forget frees the working part of a connection that has been released. mu is held.
func (d *Driver) forget() {
	d.account() // which the other process does for what it holds
	if d.notified {
		d.park()
		return
	}
	d.handled.Broadcast() // the goroutine that reads ends
}

// Descriptor calls use with the descriptor of the connection, which must not be closed, and is valid during the call. It is
// called with the lock of the connection held: it must not use the connection. The error is that of use, [ErrEnded], or
// wraps [ErrFixed].
func (d *Driver) Descriptor(use func(fd int) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.transport == transportClosed {
		return ErrEnded
	}
	t, err := d.movable()
	if err != nil {
		return err
	}
	return t.descriptor(use)
}
