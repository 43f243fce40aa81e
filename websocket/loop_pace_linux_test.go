package websocket

import (
	"testing"
	"time"
)

// aside counts how many drivers are called beside the loop before the next try.
func aside(p *pacer) (n int) {
	for !p.quick() {
		n++
	}
	return n
}

func TestSlowHandlersAreCalledBesideTheLoop(t *testing.T) {
	var p pacer
	if aside(&p) != 0 {
		t.Error("handlers are taken for quick at first")
	}
	p.note(quickEnough / 2)
	if aside(&p) != 0 {
		t.Error("a quick handler changes nothing")
	}
	want := leastPenalty
	for range 3 {
		p.note(time.Millisecond)
		if got := aside(&p); got != want {
			t.Errorf("after one that is slow again %d are called beside the loop; got %d", want, got)
		}
		want *= 2
	}
	for range 20 {
		p.slow()
	}
	if got := aside(&p); got > mostPenalty {
		t.Errorf("it is tried again after %d at the latest; got %d", mostPenalty, got)
	}
	for range 20 {
		p.note(0)
	}
	p.slow()
	if got := aside(&p); got != leastPenalty {
		t.Errorf("those that have been quick for long are forgiven; got %d", got)
	}
}
