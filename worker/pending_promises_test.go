package worker

import "testing"

// isIdle reports whether the channel is closed.
func isIdle(idle <-chan struct{}) bool {
	select {
	case <-idle:
		return true
	default:
		return false
	}
}

func TestPendingPromisesSettled(t *testing.T) {
	var x pendingPromises
	if !isIdle(x.settled()) {
		t.Error("without promises the channel is closed")
	}
	x.add(1)
	x.add(1)
	first, second := x.settled(), x.settled()
	x.add(-1)
	if isIdle(first) {
		t.Error("the channel is open while a promise is pending")
	}
	x.add(-1)
	if !isIdle(first) || !isIdle(second) {
		t.Error("all channels are closed when the last promise is settled")
	}
	x.add(1)
	if isIdle(x.settled()) {
		t.Error("the channel is open after a new promise")
	}
}

func TestInstanceEndEventsEndsItsPendingPromises(t *testing.T) {
	w := newIdleWorker()
	in := newIdleInstance(w)
	in.events.extend(3)
	idle := in.app.pending.settled()
	in.endEvents("")
	if !isIdle(idle) || !isIdle(in.app.pending.settled()) {
		t.Error("the promises of an instance that has ended are not pending")
	}
}
