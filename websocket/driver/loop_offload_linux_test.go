package driver

import (
	"testing"
	"time"
)

// offloaded returns the number of batches that are offloaded before the next inline call.
func offloaded(p *offloadPolicy) (n int) {
	for !p.callInline() {
		n++
	}
	return n
}

func TestLoopGroupOffloadPolicy(t *testing.T) {
	var p offloadPolicy
	if offloaded(&p) != 0 {
		t.Error("the first calls are inline")
	}
	for range 100 {
		p.record(time.Second)
		for range slowWeight {
			p.record(0)
		}
	}
	if offloaded(&p) != 0 {
		t.Error("one slow call in five must not cause offloading")
	}
	for range slowLimit/slowWeight - 1 {
		p.record(time.Millisecond)
	}
	want := minOffload
	for range 3 {
		p.record(time.Millisecond)
		if got := offloaded(&p); got != want {
			t.Errorf("after one more slow call %d batches are offloaded; got %d", want, got)
		}
		want *= 2
	}
	for range 20 {
		p.recordSlow()
	}
	if got := offloaded(&p); got > maxOffload {
		t.Errorf("at most %d batches are offloaded; got %d", maxOffload, got)
	}
	for range 100 {
		p.record(0)
	}
	p.recordSlow()
	if got := offloaded(&p); got != 0 {
		t.Errorf("after many quick calls one slow call must not cause offloading; %d batches are offloaded", got)
	}
}
