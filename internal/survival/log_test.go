package survival

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// logRecorder is a slog.Handler. It counts records by message, and calls onFailure for each
// message event that failed.
type logRecorder struct {
	mu         sync.Mutex
	counts     map[string]int // the number of records by message
	unexpected []string       // records that are not in expected
	onFailure  func(connection, report string, messages int)
}

func newLogRecorder(onFailure func(connection, report string, messages int)) *logRecorder {
	return &logRecorder{counts: map[string]int{}, onFailure: onFailure}
}

// The log messages about engines that end.
const (
	stoppedEvent = "event stopped: it computed for too long" // the event that ended the engine
	outOfMemory  = "worker out of memory"                    // the event that ended the engine
	failedWith   = "event failed: its worker was replaced"   // another event in progress
	replaced     = "worker replaced"
	backsOff     = "worker backs off"
	cutOff       = "work of waitUntil was cut off: its engine has ended"
	slowEvent    = "slow event" // the event continues
	ended        = "worker process ended"
	timedOut     = "event timed out"          // the child did not continue
	notStarted   = "worker cannot be started" // the child was stopped while it was loading
	dropped      = "output of the application was dropped, because it came faster than it could be printed"
)

var expected = []string{stoppedEvent, outOfMemory, failedWith, replaced, backsOff, cutOff, slowEvent, ended, timedOut, notStarted, dropped}

// Enabled reports whether the level is at least that of warnings.
func (l *logRecorder) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn
}

// Handle records a record.
func (l *logRecorder) Handle(_ context.Context, r slog.Record) error {
	var event, connection string
	messages := 1
	var attrs []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		switch a.Key {
		case "event":
			event = a.Value.String()
		case "connection":
			connection = a.Value.String()
		case "messages": // of an event with several
			messages = int(a.Value.Int64())
		}
		return true
	})
	l.record(r.Message, fmt.Sprint(attrs))
	if event == "websocketmessage" && r.Message != slowEvent {
		l.onFailure(connection, r.Message, messages)
	}
	return nil
}

// WithAttrs returns the same handler; the attributes are not needed.
func (l *logRecorder) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup returns the same handler.
func (l *logRecorder) WithGroup(string) slog.Handler { return l }

// count returns the number of records with the given message.
func (l *logRecorder) count(message string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[message]
}

// unexpectedRecords returns the first records whose message is not in expected.
func (l *logRecorder) unexpectedRecords() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unexpected
}

func (l *logRecorder) record(message, attrs string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[message]++
	if !slices.Contains(expected, message) && len(l.unexpected) < 20 {
		l.unexpected = append(l.unexpected, message+" "+attrs)
	}
}
