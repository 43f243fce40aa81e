package loop

import (
	"slices"
	"testing"
)

func TestArrivalsNextKeepsTheOrder(t *testing.T) {
	a := NewArrivals()
	var ran []int
	for i := range 3 {
		a.Add(Arrival{Run: func() error { ran = append(ran, i); return nil }, Drop: func() { t.Error("a turn is not dropped before close") }})
	}
	<-a.Wake
	for next := a.Next(); next != nil; next = a.Next() {
		if err := next(); err != nil {
			t.Error(err)
		}
	}
	a.Close()
	if !slices.Equal(ran, []int{0, 1, 2}) {
		t.Errorf("next returns the turns in the order of their arrival; got %v", ran)
	}
}

func TestArrivalsCloseDropsTurns(t *testing.T) {
	a := NewArrivals()
	dropped := 0
	one := Arrival{Run: func() error { return nil }, Drop: func() { dropped++ }}
	a.Add(one)
	a.Close()
	if a.Next() != nil || dropped != 1 {
		t.Errorf("a waiting turn is dropped once; got %d", dropped)
	}
	a.Add(one)
	if dropped != 2 {
		t.Error("a turn that is added after close is dropped immediately")
	}
}
