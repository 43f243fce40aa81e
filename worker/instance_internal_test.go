package worker

import (
	"context"
	"log/slog"
	"testing"
)

// hookLogs is a slog.Handler that calls itself for each record.
type hookLogs func(message string)

func (hookLogs) Enabled(context.Context, slog.Level) bool        { return true }
func (h hookLogs) WithAttrs([]slog.Attr) slog.Handler            { return h }
func (h hookLogs) WithGroup(string) slog.Handler                 { return h }
func (h hookLogs) Handle(_ context.Context, r slog.Record) error { h(r.Message); return nil }

func TestInstanceEndEventsLogsWithoutItsLock(t *testing.T) {
	w := newIdleWorker()
	in := newIdleInstance(w)
	e := newEvent("fetch", nil)
	in.events.add(e)
	in.events.extend(1)
	var lines int
	w.app.opts.Logger = slog.New(hookLogs(func(string) {
		lines++
		if !in.events.mu.TryLock() {
			t.Error("the instance's lock is held while the application's logger runs")
			return
		}
		in.events.mu.Unlock()
	}))
	in.endEvents("event failed")
	if lines != 2 {
		t.Errorf("endEvents logs a line for the event and one for the promise; got %d", lines)
	}
	if !e.ended.Load() || !e.failed {
		t.Error("the event is complete and has failed")
	}
	if in.events.promises != 0 || !closed(w.app.pending.settled()) {
		t.Errorf("no promise is pending; got %d", in.events.promises)
	}
}
