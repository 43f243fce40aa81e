package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/lingerws/linger/internal/loglimit"
	"github.com/lingerws/linger/worker"
)

// limiter is a slog.Handler that bounds how often a line is repeated. Lines of a kind have the level, the message and the
// attributes of kindAttrs in common. Of those beyond the bound the last one is logged at the end of the period, with the
// number of the others.
type limiter struct {
	to    slog.Handler
	lines *loglimit.Limiter[string] // shared with those that WithAttrs and WithGroup return
}

// kindAttrs are the attributes that distinguish kinds of lines. Peers cannot choose their values.
var kindAttrs = map[string]bool{"at": true, "cause": true, "reason": true, "event": true, "worker": true}

func newLimiter(to slog.Handler) limiter {
	return limiter{to: to, lines: &loglimit.Limiter[string]{Period: 10 * time.Second, Lines: 20}}
}

// Enabled reports whether the handler below logs a level.
func (l limiter) Enabled(ctx context.Context, level slog.Level) bool { return l.to.Enabled(ctx, level) }

// WithAttrs returns a handler whose lines have these attributes.
func (l limiter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return limiter{to: l.to.WithAttrs(attrs), lines: l.lines}
}

// WithGroup returns a handler whose lines have their attributes in a group.
func (l limiter) WithGroup(name string) slog.Handler {
	return limiter{to: l.to.WithGroup(name), lines: l.lines}
}

// Handle logs a line, unless too many of its kind have been logged.
func (l limiter) Handle(ctx context.Context, r slog.Record) error {
	last := r.Clone() // summarise is called after Handle has returned
	summarise := func(suppressed int) {
		last.AddAttrs(slog.Int("suppressed", suppressed-1))
		_ = l.to.Handle(context.Background(), last) // writing to a stream does not fail
	}
	if !l.lines.Allow(lineKind(r), summarise) {
		return nil
	}
	return l.to.Handle(ctx, r)
}

// lineKind returns what lines of one kind have in common.
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
