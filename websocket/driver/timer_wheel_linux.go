package driver

import (
	"sync"
	"time"
)

const (
	wheelTick  = 250 * time.Millisecond
	wheelSlots = 255 // a transport keeps the number of its slot in a byte

	// wheelMin is the shortest wait that the wheel takes: its error, up to a tick, is a
	// tenth of that at most.
	wheelMin = 10 * wheelTick
)

// timerWheel is a timer wheel: it has one timer for any number of connections, whose
// keep-alive checks need not be exact. A slot holds the connections whose wait ends in
// the same tick.
type timerWheel struct {
	mu      sync.Mutex                      // guards what follows, and the timer fields of each transport
	slots   [wheelSlots + 1]*epollTransport // doubly linked lists; slot 0 is unused
	now     int                             // ticks so far, modulo wheelSlots
	count   int                             // transports in all slots
	ticking bool                            // the next tick has been scheduled
}

// add makes the handler of a transport check its peer after about wait. A transport has
// one such wait at a time; the last call counts.
func (w *timerWheel) add(t *epollTransport, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(t)
	ticks := int(wait/wheelTick) + 1
	t.timerSlot = uint8((w.now+ticks)%wheelSlots + 1)          //nolint:gosec // there are few slots
	t.timerRounds = uint16(min((ticks-1)/wheelSlots, 1<<16-1)) //nolint:gosec // bounded here
	if first := w.slots[t.timerSlot]; first != nil {
		t.timerNext, first.timerPrev = first, t
	}
	w.slots[t.timerSlot] = t
	w.count++
	if !w.ticking {
		w.ticking = true
		time.AfterFunc(wheelTick, w.tick)
	}
}

// remove ends the wait of a transport, and returns the rest of it; a negative value means that there was none. A check that is
// due already may still come.
func (w *timerWheel) remove(t *epollTransport) (left time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.timerSlot == 0 {
		return -1
	}
	ticks := (int(t.timerSlot)-2-w.now+wheelSlots)%wheelSlots + wheelSlots*int(t.timerRounds)
	w.unlink(t)
	return time.Duration(ticks) * wheelTick
}

// unlink removes a transport from its slot, if it is in one. mu is held.
func (w *timerWheel) unlink(t *epollTransport) {
	if t.timerSlot == 0 {
		return
	}
	if t.timerPrev != nil {
		t.timerPrev.timerNext = t.timerNext
	} else {
		w.slots[t.timerSlot] = t.timerNext
	}
	if t.timerNext != nil {
		t.timerNext.timerPrev = t.timerPrev
	}
	t.timerNext, t.timerPrev, t.timerSlot = nil, nil, 0
	w.count--
}

// tick makes the checks that are due, and schedules the next tick if connections are left.
func (w *timerWheel) tick() {
	for _, t := range w.advance() {
		t.handler.checkPeer()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ticking = w.count > 0; w.ticking {
		time.AfterFunc(wheelTick, w.tick)
	}
}

// advance turns the wheel by one slot and returns the transports whose wait is over.
func (w *timerWheel) advance() (due []*epollTransport) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = (w.now + 1) % wheelSlots
	for t := w.slots[w.now+1]; t != nil; {
		next := t.timerNext
		if t.timerRounds > 0 {
			t.timerRounds--
		} else {
			w.unlink(t)
			due = append(due, t)
		}
		t = next
	}
	return due
}
