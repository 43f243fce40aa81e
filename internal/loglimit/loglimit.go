// Package loglimit limits how many similar log lines are logged.
package loglimit

import (
	"sync"
	"time"
)

// maxKinds bounds the number of kinds that are counted separately at the same time. Further kinds are counted as one.
const maxKinds = 1024

// A Limiter limits the log lines of each kind. The period of a kind begins with its first line; when the period has ended
// the next line begins another one. The zero value of K must not be a kind: it stands for the kinds beyond the bound. All
// methods may be called from any goroutine; the fields must not be changed after the first call.
type Limiter[K comparable] struct {
	Period time.Duration
	Lines  int // the lines of a kind that are logged in a period

	mu      sync.Mutex
	periods map[K]*period // those that have not ended
}

// period counts the lines of one kind.
type period struct {
	logged     int
	suppressed int
	summarise  func(suppressed int) // of the last suppressed line; nil if there is none
}

// Allow reports whether a line of a kind may be logged. If not, the line is suppressed, and summarise is called at the end
// of the period with the number of lines of this kind that were suppressed. Only the summarise of the last suppressed line
// is called, on a new goroutine or on that of [Limiter.Flush].
func (l *Limiter[K]) Allow(kind K, summarise func(suppressed int)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.periodOf(kind)
	if p.logged < l.Lines {
		p.logged++
		return true
	}
	p.suppressed++
	p.summarise = summarise
	return false
}

// periodOf returns the period of a kind, and begins one if there is none. mu is held.
func (l *Limiter[K]) periodOf(kind K) *period {
	if l.periods[kind] == nil && len(l.periods) >= maxKinds {
		var others K
		kind = others
	}
	if p := l.periods[kind]; p != nil {
		return p
	}
	if l.periods == nil {
		l.periods = map[K]*period{}
	}
	p := new(period)
	l.periods[kind] = p
	time.AfterFunc(l.Period, func() { l.endPeriod(kind, p) })
	return p
}

// endPeriod ends a period, unless Flush has ended it.
func (l *Limiter[K]) endPeriod(kind K, p *period) {
	l.mu.Lock()
	current := l.periods[kind] == p
	if current {
		delete(l.periods, kind)
	}
	l.mu.Unlock()
	if current {
		p.report()
	}
}

// Flush ends all periods, and calls summarise for each kind of which lines were suppressed. It is for the end of a process.
func (l *Limiter[K]) Flush() {
	l.mu.Lock()
	ended := l.periods
	l.periods = nil
	l.mu.Unlock()
	for _, p := range ended {
		p.report()
	}
}

// report calls summarise if lines were suppressed. The period must have ended.
func (p *period) report() {
	if p.suppressed > 0 {
		p.summarise(p.suppressed)
	}
}
