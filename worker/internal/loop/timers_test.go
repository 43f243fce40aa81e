package loop

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// wantDue checks which timers are due now, in order.
func wantDue(t *testing.T, x *Timers, want ...int) {
	t.Helper()
	if got := x.Expired(); !slices.Equal(got, want) {
		t.Errorf("the timers %v are due now; got %v", want, got)
	}
}

func TestTimersExpiredInOrderOfTimeAndID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x Timers
		wantDue(t, &x)
		x.Set(4, time.Second, false)
		x.Set(3, 2*time.Second, false)
		x.Set(2, time.Second, false)
		x.Set(1, 0, false)
		x.Set(-7, time.Second, false)
		if wait, armed := x.UntilNext(); wait != 0 || !armed {
			t.Errorf("a timer without delay is next; got %v %v", wait, armed)
		}
		wantDue(t, &x, 1)
		if wait, _ := x.UntilNext(); wait != time.Second {
			t.Errorf("the next timer is due in a second; got %v", wait)
		}
		time.Sleep(time.Second)
		wantDue(t, &x, -7, 2, 4)
		time.Sleep(10 * time.Second)
		if wait, _ := x.UntilNext(); wait != 0 {
			t.Errorf("a timer that is late is due now; got %v", wait)
		}
		wantDue(t, &x, 3)
		if _, armed := x.UntilNext(); armed {
			t.Error("no timer is armed")
		}
	})
}

func TestTimersExpiredRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x Timers
		x.Set(1, time.Second, true)
		for range 3 {
			wantDue(t, &x)
			time.Sleep(time.Second)
			wantDue(t, &x, 1)
		}
		time.Sleep(time.Minute)
		wantDue(t, &x, 1) // once, even if it is late
		x.Set(2, time.Second/2, false)
		if wait, _ := x.UntilNext(); wait != time.Second/2 {
			t.Errorf("the next timer is the one that is due before the repeated one; got %v", wait)
		}
		x.Clear(2)
		time.Sleep(time.Second)
		x.Set(2, time.Second/2, false)
		wantDue(t, &x, 1)
		if wait, _ := x.UntilNext(); wait != time.Second/2 {
			t.Errorf("the next timer is again the one that is due before the repeated one; got %v", wait)
		}
		x.Clear(2)
		x.Clear(1)
		time.Sleep(time.Minute)
		wantDue(t, &x)
	})
}

func TestTimersClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x Timers
		x.Clear(1) // has no effect
		for id := 1; id <= 5; id++ {
			x.Set(id, time.Duration(id)*time.Second, false)
		}
		x.Clear(1)
		x.Clear(3)
		x.Clear(3)
		x.Clear(5)
		time.Sleep(time.Minute)
		wantDue(t, &x, 2, 4)
	})
}

func TestTimersSetKeepsTheTimeOfAnArmedTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var x Timers
		x.Set(1, time.Second, false)
		x.Set(1, time.Hour, false)
		time.Sleep(time.Second)
		wantDue(t, &x, 1)
	})
}
