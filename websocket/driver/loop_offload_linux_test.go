package driver

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
	for range 100 {
		p.note(time.Second)
		for range slowWeight {
			p.note(0)
		}
	}
	if aside(&p) != 0 {
		t.Error("a slow one now and then changes nothing")
	}
	for range tooManySlow/slowWeight - 1 {
		p.note(time.Millisecond)
	}
	want := leastPenalty
	for range 3 {
		p.note(time.Millisecond)
		if got := aside(&p); got != want {
			t.Errorf("after one more that is slow %d are called beside the loop; got %d", want, got)
		}
		want *= 2
	}
	for range 20 {
		p.slow()
	}
	if got := aside(&p); got > mostPenalty {
		t.Errorf("it is tried again after %d at the latest; got %d", mostPenalty, got)
	}
	for range 100 {
		p.note(0)
	}
	p.slow()
	if got := aside(&p); got != 0 {
		t.Errorf("those that have been quick for long are forgiven; got %d", got)
	}
}
