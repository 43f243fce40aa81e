package worker

import (
	"slices"
	"testing"
)

func TestArrivalsAreTakenInTheirOrder(t *testing.T) {
	a := newArrivals()
	var ran []int
	for i := range 3 {
		if !a.add(func() error { ran = append(ran, i); return nil }) {
			t.Error("an engine that runs takes what arrives")
		}
	}
	<-a.wake
	for next := a.take(); next != nil; next = a.take() {
		if err := next(); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(ran, []int{0, 1, 2}) {
		t.Errorf("what arrives is taken in its order; got %v", ran)
	}
}

func TestAnEngineThatHasEndedTakesNothing(t *testing.T) {
	a := newArrivals()
	a.add(func() error { return nil })
	a.end()
	if a.take() != nil {
		t.Error("what waited is dropped")
	}
	if a.add(func() error { return nil }) {
		t.Error("nothing is taken any more")
	}
}
