package embedded

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// dog is a watchdog with an engine that counts its calls.
type dog struct {
	watchdog
	state      atomic.Bool
	noticed    atomic.Bool
	interrupts atomic.Int32
	pokes      atomic.Int32
	locates    atomic.Int32
}

func (d *dog) Interrupt()        { d.state.Store(true); d.interrupts.Add(1) }
func (d *dog) ClearInterrupt()   { d.state.Store(false) }
func (d *dog) Noticed() bool     { return d.noticed.Load() }
func (d *dog) Poke()             { d.pokes.Add(1) }
func (d *dog) Locate()           { d.locates.Add(1) }
func (d *dog) interrupted() bool { return d.state.Load() }

func newDog() *dog {
	d := &dog{watchdog: newWatchdog(0)}
	d.setEngine(d)
	return d
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// pass advances the time, and blocks until the timers that have expired are handled.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWatchdogInterruptsATurnAtItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		d.beginTurn(time.Now(), time.Second)
		pass(time.Second - 1)
		if d.interrupted() {
			t.Error("a turn is not interrupted before its limit")
		}
		pass(1)
		if !d.interrupted() {
			t.Error("a turn is interrupted at its limit")
		}
		d.endTurn()
		if d.interrupted() {
			t.Error("the next turn can begin")
		}
	})
}

func TestWatchdogDoesNotInterruptShortTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		for range 30 {
			d.beginTurn(time.Now(), time.Second)
			pass(900 * time.Millisecond)
			d.endTurn()
			pass(50 * time.Millisecond)
		}
		pass(time.Minute)
		if n := d.interrupts.Load(); n != 0 {
			t.Errorf("turns that end in time are not interrupted; got %d interrupts", n)
		}
		d.beginTurn(time.Now(), time.Second)
		pass(time.Second)
		if !d.interrupted() {
			t.Error("a long turn after a pause is interrupted")
		}
		d.endTurn()
	})
}

func TestWatchdogCountsTheTimeOfOneTurnOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		d.beginTurn(time.Now(), time.Second)
		pass(300 * time.Millisecond)
		d.endTurn()
		d.beginTurn(time.Now(), time.Second)
		pass(999 * time.Millisecond)
		if d.interrupted() {
			t.Error("the time of an earlier turn does not count")
		}
		pass(time.Millisecond)
		if !d.interrupted() {
			t.Error("a turn is interrupted at its own limit")
		}
		d.endTurn()
	})
}

func TestWatchdogStopInterruptsEveryTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		d.beginTurn(time.Now(), time.Second)
		d.stop()
		if !d.interrupted() {
			t.Error("stop interrupts the turn that runs")
		}
		d.endTurn()
		if !d.interrupted() {
			t.Error("every later turn is interrupted")
		}
		next := &dog{watchdog: newWatchdog(0)}
		d.setEngine(next)
		if !next.interrupted() {
			t.Error("no turn can begin in another engine")
		}
		d.stop()
	})
}

func TestWatchdogStuckAfterTheInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		d.beginTurn(time.Now(), time.Second)
		pass(time.Second + stuckAfter - 1)
		if closed(d.stuck) {
			t.Error("an interrupted turn has stuckAfter to end")
		}
		pass(1)
		if !closed(d.stuck) {
			t.Error("an interrupted turn that does not end within stuckAfter is stuck")
		}
		pass(time.Hour)
		d.endTurn()
		d.stop()
	})
}

func TestWatchdogStuckCountsOneTurnOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		for range 3 {
			d.beginTurn(time.Now(), time.Second)
			pass(time.Second + stuckAfter/2)
			d.endTurn()
			pass(stuckAfter / 4)
		}
		pass(time.Hour)
		if closed(d.stuck) {
			t.Error("the interrupts of three turns do not add up")
		}
	})
}

func TestWatchdogStuckAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, begin := range map[string]func(*dog){
			"begun before": func(d *dog) { d.beginTurn(time.Now(), time.Hour); d.stop() },
			"begun after":  func(d *dog) { d.stop(); d.beginTurn(time.Now(), time.Hour) },
		} {
			d := newDog()
			begin(d)
			pass(stuckAfter)
			if !closed(d.stuck) {
				t.Errorf("%s: a turn that does not end after stop is stuck", name)
			}
			d.endTurn()
			d.stopTimer()
		}
	})
}

func TestWatchdogPokesALongTurnAtEveryTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		for range 100 {
			d.beginTurn(time.Now(), time.Minute)
			pass(tick / 2)
			d.endTurn()
		}
		if n := d.pokes.Load(); n != 0 {
			t.Errorf("short turns are not poked; got %d pokes", n)
		}
		pass(time.Minute)
		d.beginTurn(time.Now(), 2*time.Second)
		pass(time.Second + tick/2)
		if n := d.pokes.Load(); n != int32(time.Second/tick) {
			t.Errorf("a turn of a second is poked at every tick; got %d pokes", n)
		}
		pass(time.Second)
		pokes := d.pokes.Load()
		pass(time.Second)
		if n := d.pokes.Load() - pokes; n != int32(time.Second/tick) {
			t.Errorf("a turn that was interrupted is poked at every tick; got %d pokes", n)
		}
		d.endTurn()
		pass(time.Minute)
		pokes = d.pokes.Load()
		pass(time.Minute)
		if d.pokes.Load() != pokes {
			t.Error("the engine is not poked between turns")
		}
	})
}

func TestWatchdogStuckAfterTheTimeToFreeMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		d.beginTurn(time.Now(), time.Second)
		pass(time.Second)
		d.noticed.Store(true)
		pass(stuckAfter + freeTime - tick)
		if closed(d.stuck) {
			t.Error("a turn that has noticed its interrupt has time to free its memory")
		}
		pass(2 * tick)
		if !closed(d.stuck) {
			t.Error("the time to free memory is bounded")
		}
		d.endTurn()
		d.stop()
	})
}

func TestWatchdogLocatesASlowTurnOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		d.slowAfter = time.Second
		for i := range int32(3) {
			d.beginTurn(time.Now(), time.Minute)
			pass(time.Second - tick)
			if d.locates.Load() != i {
				t.Error("a turn is not slow before its time")
			}
			pass(10 * time.Second)
			if slow := d.endTurn(); !slow || d.locates.Load() != i+1 {
				t.Errorf("a slow turn is located once; got %d times", d.locates.Load()-i)
			}
			d.beginTurn(time.Now(), time.Minute)
			pass(100 * time.Millisecond)
			if slow := d.endTurn(); slow {
				t.Error("the next turn is not slow")
			}
		}
	})
}

func TestWatchdogDoesNotCountTimeWithoutChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDog()
		d.beginTurn(time.Now(), time.Second)
		pass(500 * time.Millisecond)
		d.mu.Lock()
		d.checked = d.checked.Add(-time.Minute) // the timer fires late, as on a machine that is too busy
		d.mu.Unlock()
		pass(tick)
		if d.interrupted() {
			t.Error("a turn is not interrupted for a minute in which nothing ran")
		}
		pass(500 * time.Millisecond)
		if !d.interrupted() {
			t.Error("the turn is interrupted after its own time")
		}
		d.endTurn()
	})
}
