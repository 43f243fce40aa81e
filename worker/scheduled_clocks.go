package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/cron"
)

// cronClocks dispatch the scheduled event. Each schedule has one event in progress at most, over all workers. While they are paused, for a hand-over, no
// schedule begins one.
type cronClocks struct {
	stopping chan struct{} // closed by stop
	stopOnce sync.Once

	mu      sync.Mutex
	running map[string]*cronClock // by the text of the schedule
	paused  chan struct{}         // closed by resume; nil unless the clocks are paused
}

// cronClock is the clock of one schedule. Its fields are guarded by cronClocks.mu.
type cronClock struct {
	ended chan struct{} // closed when the application no longer has the schedule
	from  time.Time     // the time after which the next event is due
	busy  bool          // an event is in progress
}

func newCronClocks(paused bool) *cronClocks {
	c := &cronClocks{running: map[string]*cronClock{}, stopping: make(chan struct{})}
	if paused {
		c.paused = make(chan struct{})
	}
	return c
}

// stop ends the schedules. Events in progress are not affected. A second call has no effect.
func (c *cronClocks) stop() { c.stopOnce.Do(func() { close(c.stopping) }) }

// pause stops the schedules until resume, and returns for each the time after which its next event is due.
func (c *cronClocks) pause() map[string]time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused == nil {
		c.paused = make(chan struct{})
	}
	times := map[string]time.Time{}
	for text, clock := range c.running {
		times[text] = clock.from
		if clock.busy { // times that pass during an event are left out
			times[text] = time.Now()
		}
	}
	return times
}

// resume continues the schedules where pause has stopped them.
func (c *cronClocks) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resumeLocked()
}

// takeOver begins the schedules of a new process: those in from after these times, the others from now on.
func (c *cronClocks) takeOver(from map[string]time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for text, clock := range c.running {
		at, known := from[text]
		if !known {
			at = now
		}
		clock.from = at
	}
	c.resumeLocked()
}

func (c *cronClocks) resumeLocked() {
	if c.paused != nil {
		close(c.paused)
		c.paused = nil
	}
}

// begin blocks while the clocks are paused, and returns the time after which the next event of a clock is due. It returns false if the
// clock has ended.
func (c *cronClocks) begin(clock *cronClock) (from time.Time, ok bool) {
	for {
		c.mu.Lock()
		from, paused := clock.from, c.paused
		c.mu.Unlock()
		if paused == nil {
			return from, true
		}
		select {
		case <-paused:
		case <-clock.ended:
			return from, false
		case <-c.stopping:
			return from, false
		}
	}
}

// take reports whether the event of a clock at a time may begin. It may not if the clocks are paused.
func (c *cronClocks) take(clock *cronClock, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused != nil || clock.from.After(at) {
		return false
	}
	clock.from, clock.busy = at, true
	return true
}

// done records the end of an event.
func (c *cronClocks) done(clock *cronClock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clock.from, clock.busy = time.Now(), false
}

// setCrons starts the schedules that do not run yet, and ends those that the application no longer has. Calls must not overlap.
func (a *App) setCrons(crons crons) {
	c := a.clocks
	c.mu.Lock()
	defer c.mu.Unlock()
	for text, clock := range c.running {
		if !slices.Contains(crons.texts, text) {
			close(clock.ended)
			delete(c.running, text)
		}
	}
	for i, text := range crons.texts {
		if c.running[text] == nil {
			clock := &cronClock{ended: make(chan struct{}), from: time.Now()}
			c.running[text] = clock
			go a.runCron(crons.schedules[i], text, clock)
		}
	}
}

// maxCronWait bounds a wait for the time of a schedule, after which the clock is read again: it may have been set.
const maxCronWait = time.Minute

// runCron dispatches the scheduled event at each time of a schedule until its clock has ended. Times that pass during an event are left out.
func (a *App) runCron(s *cron.Schedule, text string, clock *cronClock) {
	for {
		from, ok := a.clocks.begin(clock)
		if !ok {
			return
		}
		at := s.Next(from)
		for wait := time.Until(at); wait > 0; wait = time.Until(at) {
			select {
			case <-time.After(min(wait, maxCronWait)):
			case <-clock.ended:
				return
			case <-a.clocks.stopping:
				return
			}
		}
		if !a.clocks.take(clock, at) {
			continue
		}
		var err error
		if a.mayRun(text, at) {
			err = a.Scheduled(context.Background(), text, at)
		}
		a.clocks.done(clock)
		switch {
		case errors.Is(err, ErrStopped):
			return
		case err != nil && !errors.Is(err, errNoScheduled): // a warning was logged when the version was loaded
			a.opts.Logger.Error("scheduled event failed", "cron", text, "error", err)
		}
	}
}
