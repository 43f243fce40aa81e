package worker

import (
	"log/slog"
	"sync"
	"time"
)

// betweenWarnings is the time from a warning of a kind to the next for each worker.
const betweenWarnings = time.Second

// warnings bounds how often a worker logs a kind of warning.
type warnings struct {
	mu     sync.Mutex
	next   time.Time // the earliest time of the next warning
	others int       // the number of warnings that were not logged since the last one
}

// admit reports whether a warning may be logged. If others were not logged since the last one, it returns their number
// as an attribute.
func (w *warnings) admit(now time.Time) (others []any, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Before(w.next) {
		w.others++
		return nil, false
	}
	if w.others > 0 {
		others = []any{slog.Int("others", w.others)}
	}
	w.others, w.next = 0, now.Add(betweenWarnings)
	return others, true
}

// reportWait logs an event that was slow after its listeners had returned, with the position of its listener.
func (in *instance) reportWait(e *event) {
	slow := in.app.opts.SlowEvent
	if slow <= 0 || e.begins.IsZero() || e.overdue || in.dead {
		return
	}
	took := time.Since(e.begins)
	if took < slow {
		return
	}
	var place []any
	if at := in.listenerAt(e.kind); at.File != "" {
		place = []any{"at", at.String()}
	}
	in.warnSlow(e, took, "it waited for a promise", place)
}

// reportSlow logs that the turn takes long, with attributes for the position of the script.
func (in *instance) reportSlow(took time.Duration, why string, place []any) {
	in.warnSlow(in.about, took, why, place)
}

func (in *instance) warnSlow(e *event, took time.Duration, why string, place []any) {
	if !closed(in.serving) || in.events.isAbandoned() { // the instance is being loaded, or its events were reported
		return
	}
	others, ok := in.worker.slowEvents.admit(time.Now())
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
