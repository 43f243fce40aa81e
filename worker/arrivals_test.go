package worker

import (
	"slices"
	"testing"
)

func TestArrivalsNextKeepsTheOrder(t *testing.T) {
	a := newArrivals()
	var ran []int
	for i := range 3 {
		a.add(arrival{run: func() error { ran = append(ran, i); return nil }, drop: func() { t.Error("a turn is not dropped before close") }})
	}
	<-a.wake
	for next := a.next(); next != nil; next = a.next() {
		if err := next(); err != nil {
			t.Error(err)
		}
	}
	a.close()
	if !slices.Equal(ran, []int{0, 1, 2}) {
		t.Errorf("next returns the turns in the order of their arrival; got %v", ran)
	}
}

func TestArrivalsCloseDropsTurns(t *testing.T) {
	a := newArrivals()
	dropped := 0
	one := arrival{run: func() error { return nil }, drop: func() { dropped++ }}
	a.add(one)
	a.close()
	if a.next() != nil || dropped != 1 {
		t.Errorf("a waiting turn is dropped once; got %d", dropped)
	}
	a.add(one)
	if dropped != 2 {
		t.Error("a turn that is added after close is dropped immediately")
	}
}
