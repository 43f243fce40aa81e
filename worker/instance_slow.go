package worker

import (
	"cmp"
	"log/slog"
	"sync"
	"time"
)

// warningInterval is the shortest time between two warnings of the same kind of a worker.
const warningInterval = time.Second

// warningLimit is the rate limit for one kind of warning of a worker.
type warningLimit struct {
	mu     sync.Mutex
	next   time.Time // the earliest time of the next warning
	others int       // the number of warnings that were suppressed since the last one
}

// allow reports whether a warning may be logged, and returns the number of warnings that were suppressed since the last one as a
// log attribute; none if there were none.
func (w *warningLimit) allow(now time.Time) (others []any, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Before(w.next) {
		w.others++
		return nil, false
	}
	if w.others > 0 {
		others = []any{slog.Int("others", w.others)}
	}
	w.others, w.next = 0, now.Add(warningInterval)
	return others, true
}

// reportWait logs an event that took long because of a promise, with the position of its listener.
func (in *instance) reportWait(e *event) {
	slow := in.generation.opts.SlowEvent
	if slow <= 0 || e.turnBegan.IsZero() || e.overdue || in.unusable {
		return
	}
	took := max(0, in.turnBegan.Sub(e.turnBegan)) / time.Duration(e.messages())
	if took < slow {
		return
	}
	var place []any
	if at := in.listenerAt(e.kind); at.File != "" {
		place = []any{"at", at.String()}
	}
	why := "it waited for a promise"
	if in.runtime.Process() != 0 {
		why = "it computed, or waited for a promise or for its turn"
	}
	in.warnSlow(e, took, why, place)
}

// reportSlow logs that a turn takes long. e is its event; nil if it has none, or if its event has ended. place has log attributes for the position
// of the script.
func (in *instance) reportSlow(e *event, took time.Duration, why string, place []any) {
	in.warnSlow(cmp.Or(e, in.currentEvent), took, why, place)
}

// warnSlow logs a slow event within the rate limit; without an event, a slow timer or callback.
func (in *instance) warnSlow(e *event, took time.Duration, why string, place []any) {
	if !closed(in.serving) || in.events.isAbandoned() { // the instance is being loaded, or endEvents has logged the events
		return
	}
	others, ok := in.worker.slowWarnings.allow(time.Now())
	if !ok {
		return
	}
	attrs := e.attrs()
	if e == nil {
		attrs = []any{"event", "a timer or callback"}
	}
	attrs = append(attrs, "took", took.Round(time.Millisecond).String(), "reason", why)
	attrs = append(attrs, others...)
	in.app.opts.Logger.Warn("slow event", append(attrs, place...)...)
}
