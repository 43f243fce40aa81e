package driver

import (
	"slices"
	"testing"
	"time"
)

// goesOff returns the tick at which the alarm of d goes off, counted from now.
func goesOff(t *testing.T, w *wheel, d *Driver) int {
	t.Helper()
	for tick := 1; tick < 5*wheelSlots; tick++ {
		if slices.Contains(w.advance(), d) {
			return tick
		}
	}
	t.Fatal("an alarm goes off")
	return 0
}

func TestAlarmsGoOffInTheirTick(t *testing.T) {
	w := &wheel{turns: true}
	for _, wait := range []time.Duration{wheelLeast, 30 * time.Second, wheelSlots * wheelTick, wheelSlots*wheelTick - 1, 3 * wheelSlots * wheelTick} {
		for range 3 { // wherever the wheel stands
			d := &Driver{}
			w.add(d, wait)
			at := time.Duration(goesOff(t, w, d)) * wheelTick
			if at <= wait-wheelTick || at > wait+wheelTick {
				t.Errorf("an alarm of %v goes off within a tick of it; it went off after %v", wait, at)
			}
		}
	}
}

func TestAlarmsOfOneSlotAreIndependent(t *testing.T) {
	w := &wheel{turns: true}
	var all [5]*Driver
	for i := range all {
		all[i] = &Driver{}
		w.add(all[i], wheelLeast)
	}
	w.remove(all[0])
	w.remove(all[4])
	w.remove(all[2])
	w.remove(all[2]) // is not in it any more
	w.add(all[1], 2*wheelLeast)
	if w.count != 2 {
		t.Fatalf("two are left; got %d", w.count)
	}
	first, second := goesOff(t, w, all[3]), goesOff(t, w, all[1])
	if first != 11 || second != 10 || w.count != 0 {
		t.Errorf("those that are left go off, one that was set anew later; got ticks %d and %d more", first, second)
	}
}
