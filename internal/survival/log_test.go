package survival

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// events is a log. It counts what is told, and passes on whose message has failed.
type events struct {
	mu       sync.Mutex
	told     map[string]int // how often each text was logged
	odd      []string       // what nothing here explains
	listener func(connection, report string)
}

func newEvents(listener func(connection, report string)) *events {
	return &events{told: map[string]int{}, listener: listener}
}

// What is told of engines that end. The first two are of the event that ended it, the third
// of those that were in progress beside it.
const (
	stoppedEvent = "event stopped: it computed for too long"
	outOfMemory  = "worker out of memory"
	failedBeside = "event failed: its worker was replaced"
	replaced     = "worker replaced"
	backsOff     = "worker backs off"
	cutOff       = "work of waitUntil was cut off: its engine has ended"
	slowEvent    = "slow event" // which goes on
)

var expected = []string{stoppedEvent, outOfMemory, failedBeside, replaced, backsOff, cutOff, slowEvent}

// Enabled takes what may be a failure.
func (e *events) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle notes a record, and tells of the connection whose message has failed.
func (e *events) Handle(_ context.Context, r slog.Record) error {
	var event, connection string
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		switch a.Key {
		case "event":
			event = a.Value.String()
		case "connection":
			connection = a.Value.String()
		}
		return true
	})
	e.note(r.Message, fmt.Sprint(attrs))
	if event == "websocketmessage" && r.Message != slowEvent {
		e.listener(connection, r.Message)
	}
	return nil
}

// WithAttrs and WithGroup are not used by what is tested.
func (e *events) WithAttrs([]slog.Attr) slog.Handler { return e }

// WithGroup returns the same log.
func (e *events) WithGroup(string) slog.Handler { return e }

// count returns how often a text was logged.
func (e *events) count(text string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.told[text]
}

// strange returns what was logged that nothing here explains.
func (e *events) strange() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.odd
}

func (e *events) note(text, attrs string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told[text]++
	if !slices.Contains(expected, text) && len(e.odd) < 20 {
		e.odd = append(e.odd, text+" "+attrs)
	}
}
