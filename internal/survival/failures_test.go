package survival

import (
	"context"
	"log/slog"
	"sync"
)

// failures is a log that counts the events that are reported as failed.
type failures struct {
	mu           sync.Mutex
	byConnection map[string]int
	count        int
}

func newFailures() *failures { return &failures{byConnection: map[string]int{}} }

// Enabled takes everything that may be a failure.
func (f *failures) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle counts a record that names an event and its connection.
func (f *failures) Handle(_ context.Context, r slog.Record) error {
	event, connection := "", ""
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "event":
			event = a.Value.String()
		case "connection":
			connection = a.Value.String()
		}
		return true
	})
	if event == "websocketmessage" {
		f.mu.Lock()
		f.byConnection[connection]++
		f.count++
		f.mu.Unlock()
	}
	return nil
}

// WithAttrs and WithGroup are not used by what is tested.
func (f *failures) WithAttrs([]slog.Attr) slog.Handler { return f }

// WithGroup returns the same log.
func (f *failures) WithGroup(string) slog.Handler { return f }

func (f *failures) of(connection string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byConnection[connection]
}

func (f *failures) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}
