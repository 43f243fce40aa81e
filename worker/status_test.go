package worker

import (
	"testing"
	"time"
)

func TestStatusRefusal(t *testing.T) {
	t.Parallel()
	var s status
	s.setRunning(1, 0)
	early := s.refusal()
	if closed(early) || s.retryAfter() != 0 {
		t.Error("a running worker refuses no requests")
	}
	s.setBackingOff(time.Now().Add(time.Hour), "it fails")
	if !closed(early) || !closed(s.refusal()) || s.retryAfter() < time.Minute {
		t.Errorf("the channels of refusal are closed, and retryAfter returns the remaining time; got %v", s.retryAfter())
	}
	s.setBackingOff(time.Now().Add(-time.Hour), "it still fails")
	if s.retryAfter() <= 0 {
		t.Error("requests are refused until an engine runs, not only until the backoff has ended")
	}
	s.setRunning(1, 0)
	if closed(s.refusal()) || s.retryAfter() != 0 {
		t.Error("a worker that runs again refuses no requests")
	}
}

func TestAppWorkersReportTheStatus(t *testing.T) {
	t.Parallel()
	w := newIdleWorker()
	w.connections.Store(2)
	w.handledCount.Store(3)
	w.droppedCount.Store(4)
	w.status.setRunning(5, 77)
	w.status.countFailure()
	w.status.setAwakeReason("a timer is pending")
	want := Status{State: "running", Reason: "a timer is pending", Generation: 5, Process: 77, Connections: 2, Events: 3, Failures: 1, DroppedPosts: 4}
	if got := w.currentStatus(); got != want {
		t.Errorf("the report is %+v; got %+v", want, got)
	}
	w.status.setAsleep()
	if got := w.currentStatus(); got.State != "asleep" || got.Reason != "" || got.Process != 0 || got.Sleeps != 1 {
		t.Errorf("a worker that sleeps has no reason to stay awake and no process; got %+v", got)
	}
}
