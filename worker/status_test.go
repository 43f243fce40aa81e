package worker

import (
	"testing"
	"time"
)

func TestStatusRefusal(t *testing.T) {
	t.Parallel()
	var s status
	s.running(1)
	early := s.refusal()
	if closed(early) || s.pause() != 0 {
		t.Error("a running worker refuses no requests")
	}
	s.backOff(time.Now().Add(time.Hour), "it fails")
	if !closed(early) || !closed(s.refusal()) || s.pause() < time.Minute {
		t.Errorf("the channels of refusal are closed, and pause returns the remaining time; got %v", s.pause())
	}
	s.backOff(time.Now().Add(-time.Hour), "it still fails")
	if s.pause() <= 0 {
		t.Error("requests are refused until an engine runs, not only until the pause is over")
	}
	s.running(1)
	if closed(s.refusal()) || s.pause() != 0 {
		t.Error("a worker that runs again refuses no requests")
	}
}

func TestAppWorkersReportTheStatus(t *testing.T) {
	t.Parallel()
	w := newIdleWorker()
	w.connections.Store(2)
	w.handled.Store(3)
	w.dropped.Store(4)
	w.status.running(5)
	w.status.failed()
	w.status.awake("a timer is pending")
	want := Status{State: "running", Reason: "a timer is pending", Generation: 5, Connections: 2, Events: 3, Failures: 1, DroppedPosts: 4}
	if got := w.report(); got != want {
		t.Errorf("the report is %+v; got %+v", want, got)
	}
	w.status.asleep()
	if got := w.report(); got.State != "asleep" || got.Reason != "" || got.Sleeps != 1 {
		t.Errorf("a worker that sleeps has no reason to stay awake; got %+v", got)
	}
}
