package admin

import (
	"slices"
	"time"
)

// momentInterval and maxMoments make the history of Live.History five minutes long.
const (
	momentInterval = 5 * time.Second
	maxMoments     = 60
)

// record adds a moment to the history every few seconds until stop is closed, also while there are no readers: a page
// that is opened later shows the last minutes at once.
func (l *live) record(stop <-chan struct{}) {
	ticker := time.NewTicker(momentInterval)
	defer ticker.Stop()
	last := sample{time.Now(), l.handler.opts.Recorder.counters.load()}
	for {
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
		now := sample{time.Now(), l.handler.opts.Recorder.counters.load()}
		l.mu.Lock()
		l.addMoment(Moment{now.time, l.handler.state.Count(), now.totals.perSecond(last.totals, now.time.Sub(last.time))})
		l.mu.Unlock()
		last = now
	}
}

// addMoment adds to the history. mu is held.
func (l *live) addMoment(m Moment) {
	if len(l.moments) == maxMoments {
		l.moments = slices.Delete(l.moments, 0, 1)
	}
	l.moments = append(l.moments, m)
}
