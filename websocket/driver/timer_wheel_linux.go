package driver

import (
	"sync"
	"time"
)

// alarm is the moment at which a connection looks after its peer. Those that are parked
// are many, and do not need it to the millisecond: they share one timer, in a wheel.
type alarm struct {
	timer      *time.Timer // of a connection that has its own
	next, prev *Driver     // in the same slot of the wheel
	rounds     uint16      // of the wheel that are still to go
	slot       int16       // of the wheel, from 1 on; 0 is none
}

// arm sets the alarm, at which d looks after its peer. d's mu is held.
func (a *alarm) arm(d *Driver, wait time.Duration) {
	w := d.wheel()
	switch {
	case w != nil && wait >= wheelLeast:
		w.add(d, wait)
	case a.timer == nil:
		a.timer = time.AfterFunc(wait, d.checkPeer)
	default:
		a.timer.Reset(wait)
	}
}

// stop ends it. d's mu is held.
func (a *alarm) stop(d *Driver) {
	if a.timer != nil {
		a.timer.Stop()
	}
	if w := d.wheel(); w != nil {
		w.remove(d)
	}
}

// wheel returns the one for connections of this kind, or nil.
func (d *Driver) wheel() *wheel {
	if n, ok := d.transport.(notifier); ok {
		return n.alarms()
	}
	return nil
}

const (
	wheelTick  = 250 * time.Millisecond
	wheelSlots = 256
	wheelLeast = 10 * wheelTick // so that a tick more or less is no more than a tenth
)

// wheel holds alarms by the tick at which they go off.
type wheel struct {
	mu    sync.Mutex
	slots [wheelSlots + 1]*Driver // the first of each; slot 0 is unused
	now   int                     // the slot of the last tick, from 1 on
	count int
	turns bool // the next tick will come
}

func (w *wheel) add(d *Driver, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(d)
	ticks := int(wait/wheelTick) + 1
	a := &d.keepAlive
	a.slot = int16((w.now+ticks)%wheelSlots + 1)          //nolint:gosec // there are few slots
	a.rounds = uint16(min((ticks-1)/wheelSlots, 1<<16-1)) //nolint:gosec // bounded here
	if first := w.slots[a.slot]; first != nil {
		a.next, first.keepAlive.prev = first, d
	}
	w.slots[a.slot] = d
	w.count++
	if !w.turns {
		w.turns = true
		time.AfterFunc(wheelTick, w.tick)
	}
}

func (w *wheel) remove(d *Driver) {
	w.mu.Lock()
	w.unlink(d)
	w.mu.Unlock()
}

// unlink takes d out, if it is in. mu is held.
func (w *wheel) unlink(d *Driver) {
	a := &d.keepAlive
	if a.slot == 0 {
		return
	}
	if a.prev != nil {
		a.prev.keepAlive.next = a.next
	} else {
		w.slots[a.slot] = a.next
	}
	if a.next != nil {
		a.next.keepAlive.prev = a.prev
	}
	a.next, a.prev, a.slot = nil, nil, 0
	w.count--
}

// tick lets the alarms of the next slot go off. It comes again as long as there are any.
func (w *wheel) tick() {
	for _, d := range w.advance() {
		d.checkPeer()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turns = w.count > 0; w.turns {
		time.AfterFunc(wheelTick, w.tick)
	}
}

// advance moves on by a slot and returns those whose moment it is.
func (w *wheel) advance() (due []*Driver) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = (w.now + 1) % wheelSlots
	for d := w.slots[w.now+1]; d != nil; {
		a := &d.keepAlive
		next := a.next
		if a.rounds > 0 {
			a.rounds--
		} else {
			w.unlink(d)
			due = append(due, d)
		}
		d = next
	}
	return due
}
