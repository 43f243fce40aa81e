package apptest

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// records are what a file of tests has logged. They are safe for concurrent use.
type records struct {
	mu      sync.Mutex
	outside bool   // code has failed outside of a test
	ended   string // why the last test has ended, with the place, if its answer does not contain that
}

// takeEnded returns why the last test has ended, and forgets it.
func (r *records) takeEnded() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := r.ended
	r.ended = ""
	return ended
}

// failedOutside reports whether code has failed outside of a test.
func (r *records) failedOutside() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outside
}

// add records a line of the log. It returns false if the line is about a test, whose failure is reported.
func (r *records) add(line slog.Record) bool {
	var event, at string
	line.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "event":
			event = a.Value.String()
		case "at":
			at = a.Value.String()
		}
		return true
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if event != "fetch" {
		r.outside = r.outside || line.Level >= slog.LevelError
		return true
	}
	if r.ended == "" { // later lines are consequences
		r.ended = line.Message
		if at != "" {
			r.ended += "\n    " + at
		}
	}
	return false
}

// log is a slog.Handler that adds lines to records, and passes those on that are not about a test.
type log struct {
	slog.Handler
	records *records
}

// Handle implements slog.Handler.
func (l log) Handle(ctx context.Context, line slog.Record) error {
	if !l.records.add(line) {
		return nil
	}
	return l.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (l log) WithAttrs(attrs []slog.Attr) slog.Handler {
	return log{l.Handler.WithAttrs(attrs), l.records}
}

// WithGroup implements slog.Handler.
func (l log) WithGroup(name string) slog.Handler {
	return log{l.Handler.WithGroup(name), l.records}
}

// CountErrors returns a handler that counts the errors that are logged, and passes all lines on.
func CountErrors(h slog.Handler, count *atomic.Int64) slog.Handler { return counter{h, count} }

type counter struct {
	slog.Handler
	count *atomic.Int64
}

// Handle implements slog.Handler.
func (c counter) Handle(ctx context.Context, line slog.Record) error {
	if line.Level >= slog.LevelError {
		c.count.Add(1)
	}
	return c.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (c counter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return counter{c.Handler.WithAttrs(attrs), c.count}
}

// WithGroup implements slog.Handler.
func (c counter) WithGroup(name string) slog.Handler {
	return counter{c.Handler.WithGroup(name), c.count}
}
