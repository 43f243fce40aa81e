package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/worker"
)

// The bounds of a limiter.
const (
	limitPeriod = 10 * time.Second
	limitLines  = 20   // of one kind in a period
	limitKinds  = 1024 // kinds with a count each; further ones share one count
)

// limiter is a slog.Handler that bounds how often a line is repeated. Lines of a kind have
// the level, the message and the attributes of kindAttrs in common. Of those beyond the
// bound the last one is logged at the end of the period, with the number of the others.
type limiter struct {
	to    slog.Handler
	kinds *kinds // shared with those that WithAttrs and WithGroup return
}

// kindAttrs are the attributes that distinguish kinds of lines. Peers cannot choose their
// values.
var kindAttrs = map[string]bool{"at": true, "cause": true, "reason": true, "event": true, "worker": true}

type kinds struct {
	mu  sync.Mutex
	all map[string]*period
}

// period is the time from a line on in which those of its kind are counted.
type period struct {
	lines      int
	suppressed int
	last       slog.Record // of the suppressed ones
	to         slog.Handler
}

func newLimiter(to slog.Handler) limiter {
	return limiter{to: to, kinds: &kinds{all: map[string]*period{}}}
}

// Enabled reports whether the handler below logs a level.
func (l limiter) Enabled(ctx context.Context, level slog.Level) bool { return l.to.Enabled(ctx, level) }

// WithAttrs returns a handler whose lines have these attributes.
func (l limiter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return limiter{to: l.to.WithAttrs(attrs), kinds: l.kinds}
}

// WithGroup returns a handler whose lines have their attributes in a group.
func (l limiter) WithGroup(name string) slog.Handler {
	return limiter{to: l.to.WithGroup(name), kinds: l.kinds}
}

// Handle logs a line, or counts it.
func (l limiter) Handle(ctx context.Context, r slog.Record) error {
	if l.kinds.suppress(l.to, r) {
		return nil
	}
	return l.to.Handle(ctx, r)
}

// suppress reports whether a line is one too many, and counts it then.
func (k *kinds) suppress(to slog.Handler, r slog.Record) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.period(lineKind(r))
	if p.lines < limitLines {
		p.lines++
		return false
	}
	p.suppressed++
	p.last, p.to = r.Clone(), to
	return true
}

// period returns the period of a kind, a new one if there is none.
func (k *kinds) period(kind string) *period {
	if k.all[kind] == nil && len(k.all) >= limitKinds {
		kind = ""
	}
	if p := k.all[kind]; p != nil {
		return p
	}
	p := new(period)
	k.all[kind] = p
	time.AfterFunc(limitPeriod, func() { k.end(kind, p) })
	return p
}

// end ends a period, and logs what it has suppressed.
func (k *kinds) end(kind string, p *period) {
	k.mu.Lock()
	if k.all[kind] != p {
		k.mu.Unlock()
		return
	}
	delete(k.all, kind)
	k.mu.Unlock()
	p.sumUp()
}

// sumUp logs the last line that was suppressed, for all of them.
func (p *period) sumUp() {
	if p.suppressed == 0 {
		return
	}
	p.last.AddAttrs(slog.Int("suppressed", p.suppressed-1))
	_ = p.to.Handle(context.Background(), p.last) // a stream takes everything
}

// sumUp ends all periods.
func (l limiter) sumUp() {
	l.kinds.mu.Lock()
	all := l.kinds.all
	l.kinds.all = map[string]*period{}
	l.kinds.mu.Unlock()
	for _, p := range all {
		p.sumUp()
	}
}

func lineKind(r slog.Record) string {
	var kind strings.Builder
	kind.WriteString(r.Level.String())
	kind.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if e, ok := a.Value.Any().(*worker.ScriptError); ok {
			a = slog.String("at", e.At.String())
		}
		if kindAttrs[a.Key] {
			kind.WriteString("\x00" + a.Key + "\x00" + a.Value.String())
		}
		return true
	})
	return kind.String()
}
