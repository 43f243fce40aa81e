package linger_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// One subscriber of 2,000 that does not read costs its send queue and nothing else.
func TestAStalledSubscriberHarmsNobodyElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const others, messages, size, queue = 2000, 45, 1 << 10, 32 << 10
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, sockets)},
			linger.Options{SendQueue: queue})
		stalled := s.connect()
		stalled.nc.(interface{ SetCapacity(bytes int) }).SetCapacity(1 << 10)
		victim := <-sockets
		var all sync.WaitGroup
		for range others {
			c := s.connect()
			<-sockets
			all.Go(func() {
				for i := range messages {
					c.want("text " + strconv.Itoa(1000+i) + text(size))
				}
			})
		}
		synctest.Wait()
		before := heap()
		for i := range messages {
			began := time.Now()
			if _, err := s.Publish("lobby", linger.Text(strconv.Itoa(1000+i)+text(size))); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // those who read have it now
			if took := time.Since(began); took > 0 {
				t.Fatalf("nobody waits for the stalled one; message %d took %v", i, took)
			}
			if waiting := victim.Buffered(); waiting > queue+2*size {
				t.Fatalf("what waits for the stalled one is bounded; it is %d bytes", waiting)
			}
		}
		all.Wait()
		if grown := heap() - before; grown > 32<<20 { // of 90 MiB that go through
			t.Errorf("memory does not grow with the messages; it grew by %d KiB", grown>>10)
		}
		if end := s.end(); end.Socket != victim || end.Sent.Code != protocol.CloseTryAgainLater || s.Subscribers("lobby") > others+1 {
			t.Errorf("the stalled one is closed with 1013; got %+v", end.Outcome)
		}
		synctest.Wait()
		if n := s.Count(); n != others {
			t.Errorf("nobody else is closed; %d are left", n)
		}
	})
}

// heap returns the bytes in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
