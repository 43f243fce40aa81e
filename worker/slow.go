package worker

import (
	"log/slog"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
)

// slowLines bounds the warnings about slow events: one in so long for each worker.
const slowLines = time.Second

// slowness counts the warnings about slow events of a worker.
type slowness struct {
	mu     sync.Mutex
	next   time.Time // before which there is no other
	others int       // that were left out since the last
}

// admit reports whether a warning may be logged, and how many were left out before it.
func (s *slowness) admit(now time.Time) (others int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.next) {
		s.others++
		return 0, false
	}
	others, s.others, s.next = s.others, 0, now.Add(slowLines)
	return others, true
}

// located logs where the script is in a turn that is slow, while it still computes.
func (in *instance) located(where engine.Place) {
	if !in.watch.runsSlowly() { // an earlier turn was, and has ended
		return
	}
	in.named = true
	in.warnSlow(in.about, in.watch.running(), "it computes", in.placed(where))
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
	others, ok := in.worker.slowness.admit(time.Now())
	if !ok {
		return
	}
	attrs := e.attrs()
	if e == nil {
		attrs = []any{"event", "a timer or callback"}
	}
	attrs = append(attrs, "took", took.Round(time.Millisecond).String(), "reason", why)
	if others > 0 {
		attrs = append(attrs, slog.Int("others", others))
	}
	in.app.opts.Logger.Warn("slow event", append(attrs, place...)...)
}
