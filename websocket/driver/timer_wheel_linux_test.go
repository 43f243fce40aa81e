package driver

import (
	"slices"
	"testing"
	"time"
)

// expiry returns the number of ticks after which the wait of a transport is over.
func expiry(t *testing.T, w *timerWheel, transport *epollTransport) int {
	t.Helper()
	for tick := 1; tick < 5*wheelSlots; tick++ {
		if slices.Contains(w.advance(), transport) {
			return tick
		}
	}
	t.Fatal("each wait ends")
	return 0
}

func TestTimerWheelExpiresWithinATick(t *testing.T) {
	w := &timerWheel{ticking: true}
	for _, wait := range []time.Duration{wheelMin, 30 * time.Second, wheelSlots * wheelTick, wheelSlots*wheelTick - 1, 3 * wheelSlots * wheelTick} {
		for range 3 { // at several positions of the wheel
			transport := &epollTransport{}
			w.add(transport, wait)
			at := time.Duration(expiry(t, w, transport)) * wheelTick
			if at <= wait-wheelTick || at > wait+wheelTick {
				t.Errorf("a wait of %v ends within a tick of it; it ended after %v", wait, at)
			}
		}
	}
}

func TestTimerWheelEntriesOfOneSlotAreIndependent(t *testing.T) {
	w := &timerWheel{ticking: true}
	var all [5]*epollTransport
	for i := range all {
		all[i] = &epollTransport{}
		w.add(all[i], wheelMin)
	}
	w.remove(all[0])
	w.remove(all[4])
	w.remove(all[2])
	w.remove(all[2]) // is not in a slot any more
	w.add(all[1], 2*wheelMin)
	if w.count != 2 {
		t.Fatalf("two are left; got %d", w.count)
	}
	first, second := expiry(t, w, all[3]), expiry(t, w, all[1])
	if first != 11 || second != 10 || w.count != 0 {
		t.Errorf("the waits that are left end, the one that was set again later; got ticks %d and %d more", first, second)
	}
}
