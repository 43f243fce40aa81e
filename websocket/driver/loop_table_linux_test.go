package driver

import (
	"sync"
	"testing"
)

func TestATableKeepsDriversByDescriptor(t *testing.T) {
	var drivers table
	if drivers.get(5) != nil {
		t.Error("an empty table has no drivers")
	}
	a, b := &Driver{}, &Driver{}
	var both sync.WaitGroup
	both.Go(func() { drivers.set(5, a) })
	both.Go(func() { drivers.set(5000, b) })
	both.Wait()
	if drivers.get(5) != a || drivers.get(5000) != b || drivers.get(6) != nil || drivers.get(1<<20) != nil {
		t.Error("each descriptor has the driver that was set, and the others have none")
	}
	drivers.set(5, nil)
	if drivers.get(5) != nil || drivers.get(5000) != b {
		t.Error("one that is removed is gone, and no other")
	}
}
