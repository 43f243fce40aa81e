package worker

import (
	"log/slog"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
)

// betweenWarnings is the time from a warning of a kind to the next for each worker.
const betweenWarnings = time.Second

// warnings bounds how often a worker logs a kind of warning.
type warnings struct {
	mu     sync.Mutex
	next   time.Time // before which there is no other
	others int       // that were left out since the last
}

// admit reports whether a warning may be logged, and returns how many were left out before
// it as an attribute, if there were any.
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

// located logs where the script is in a turn that is slow, while it still computes.
func (in *instance) located(where engine.Place) {
	if !in.watch.runsSlowly() { // an earlier turn was, and has ended
		return
	}
	in.named = true
	in.warnSlow(in.about, in.watch.age(), "it computes", in.placed(where))
}

// computed logs a turn that was slow without a step of the script at which it could be
// located: it was in a built-in function.
func (in *instance) computed(took time.Duration) {
	in.warnSlow(in.about, took, "it computed in a built-in function", nil)
}

// waited logs an event that went on after its listeners had returned, if that was slow,
// with the place of its listener.
func (in *instance) waited(e *event) {
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

func (in *instance) warnSlow(e *event, took time.Duration, why string, place []any) {
	if !closed(in.begun) || in.isAbandoned() { // it is being loaded, or its events were reported
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
