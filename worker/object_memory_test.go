//go:build !race

package worker_test

import (
	"net"
	"runtime"
	"testing"
	"time"
)

// mostObjectMemory is the budget of a sleeping object with one WebSocket, in bytes of the heap: its record and the
// connection with the header of its request. It includes the client, which is in this process.
const mostObjectMemory = 4 << 10

func TestObjectMemory(t *testing.T) {
	const count = 1000
	opts := chatOptions
	opts.SleepAfter = time.Second
	a := serve(t, chatScript, opts)
	var clients []net.Conn // which would be closed when they are collected
	connect := func(n int) {
		for i := range n {
			nc := a.sendUpgrade("/room-" + itoa(n) + "-" + itoa(i) + "?name=user&tag=one&tag=two")
			clients = append(clients, nc)
			head := make([]byte, 1024)
			if _, err := nc.Read(head); err != nil {
				t.Fatal(err)
			}
		}
		a.until("the worker sleeps", func() bool { return a.Workers()[0].State == "asleep" })
	}
	connect(10)
	before := heap()
	connect(count)
	each := (heap() - before) / count
	runtime.KeepAlive(clients)
	t.Logf("%d bytes for each sleeping object with a WebSocket", each)
	if each > mostObjectMemory {
		t.Errorf("a sleeping object with a WebSocket takes %d bytes at the most; got %d", mostObjectMemory, each)
	}
}

// heap returns the number of bytes on the heap that are in use.
func heap() int {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
