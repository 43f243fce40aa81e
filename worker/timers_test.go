package worker

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// wantDue checks which timers are due now, in order.
func wantDue(t *testing.T, x *timers, want ...int) {
	t.Helper()
	if got := x.expired(); !slices.Equal(got, want) {
		t.Errorf("the timers %v are due now; got %v", want, got)
	}
}

func TestTimersExpiredInOrderOfTimeAndID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x timers
		wantDue(t, &x)
		x.set(4, time.Second, false)
		x.set(3, 2*time.Second, false)
		x.set(2, time.Second, false)
		x.set(1, 0, false)
		x.set(-7, time.Second, false)
		if wait, armed := x.untilNext(); wait != 0 || !armed {
			t.Errorf("a timer without delay is next; got %v %v", wait, armed)
		}
		wantDue(t, &x, 1)
		if wait, _ := x.untilNext(); wait != time.Second {
			t.Errorf("the next timer is due in a second; got %v", wait)
		}
		time.Sleep(time.Second)
		wantDue(t, &x, -7, 2, 4)
		time.Sleep(10 * time.Second)
		if wait, _ := x.untilNext(); wait != 0 {
			t.Errorf("a timer that is late is due now; got %v", wait)
		}
		wantDue(t, &x, 3)
		if _, armed := x.untilNext(); armed {
			t.Error("no timer is armed")
		}
	})
}

func TestTimersExpiredRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x timers
		x.set(1, time.Second, true)
		for range 3 {
			wantDue(t, &x)
			time.Sleep(time.Second)
			wantDue(t, &x, 1)
		}
		time.Sleep(time.Minute)
		wantDue(t, &x, 1) // once, even if it is late
		x.set(2, time.Second/2, false)
		if wait, _ := x.untilNext(); wait != time.Second/2 {
			t.Errorf("the next timer is the one that is due before the repeated one; got %v", wait)
		}
		x.clear(2)
		time.Sleep(time.Second)
		x.set(2, time.Second/2, false)
		wantDue(t, &x, 1)
		if wait, _ := x.untilNext(); wait != time.Second/2 {
			t.Errorf("the next timer is again the one that is due before the repeated one; got %v", wait)
		}
		x.clear(2)
		x.clear(1)
		time.Sleep(time.Minute)
		wantDue(t, &x)
	})
}

func TestTimersClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x timers
		x.clear(1) // has no effect
		for id := 1; id <= 5; id++ {
			x.set(id, time.Duration(id)*time.Second, false)
		}
		x.clear(1)
		x.clear(3)
		x.clear(3)
		x.clear(5)
		time.Sleep(time.Minute)
		wantDue(t, &x, 2, 4)
	})
}

func TestTimersSetKeepsTheTimeOfAnArmedTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x timers
		x.set(1, time.Second, false)
		x.set(1, time.Hour, false)
		time.Sleep(time.Second)
		wantDue(t, &x, 1)
	})
}
