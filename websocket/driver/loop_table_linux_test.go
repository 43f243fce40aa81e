package driver

import (
	"sync"
	"testing"
)

func TestDescriptorTable(t *testing.T) {
	var table descriptorTable
	if table.get(5) != nil {
		t.Error("an empty table has no transports")
	}
	a, b := &epollTransport{}, &epollTransport{}
	var both sync.WaitGroup
	both.Go(func() { table.set(5, a) })
	both.Go(func() { table.set(5000, b) })
	both.Wait()
	if table.get(5) != a || table.get(5000) != b || table.get(6) != nil || table.get(1<<20) != nil {
		t.Error("each descriptor has the transport that was set, and the others have none")
	}
	table.set(5, nil)
	if table.get(5) != nil || table.get(5000) != b {
		t.Error("only the transport that was removed is gone")
	}
}
