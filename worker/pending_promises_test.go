package worker

import "testing"

func isIdle(idle <-chan struct{}) bool {
	select {
	case <-idle:
		return true
	default:
		return false
	}
}

func TestPendingPromisesIdle(t *testing.T) {
	var x pendingPromises
	if !isIdle(x.idle()) {
		t.Error("without promises there is nothing to wait for")
	}
	x.add(1)
	x.add(1)
	first, second := x.idle(), x.idle()
	x.add(-1)
	if isIdle(first) {
		t.Error("one promise is left to wait for")
	}
	x.add(-1)
	if !isIdle(first) || !isIdle(second) {
		t.Error("all channels are closed when the last promise is settled")
	}
	x.add(1)
	if isIdle(x.idle()) {
		t.Error("a new promise is waited for")
	}
}

func TestInstanceReleaseEndsItsPendingPromises(t *testing.T) {
	w := newIdleWorker()
	in := newIdleInstance(w)
	in.events.extend(3)
	idle := in.app.pending.idle()
	in.release("")
	if !isIdle(idle) || !isIdle(in.app.pending.idle()) {
		t.Error("the promises of an instance that has ended are not waited for")
	}
}
