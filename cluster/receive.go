package cluster

import (
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// arrivals takes messages from NATS and passes them to functions, on one goroutine for each of some lanes. All messages of a topic, and
// those of a service from one node, are in the same lane, which keeps their order. What waits in all lanes is bounded.
type arrivals struct {
	messages chan *nats.Msg
	lanes    []*lane
	seed     maphash.Seed
	max      int64
	pending  atomic.Int64 // bytes in the lanes
	ended    chan struct{}
	running  sync.WaitGroup
}

// arrivalsLength bounds the messages between nats.go, which drops what it cannot add, and the lanes. They are moved on at once.
const arrivalsLength = 16 << 10

// lane is a queue with a goroutine.
type lane struct {
	arrived chan struct{} // has room for one value

	mu    sync.Mutex
	queue []arrival
}

// arrival is an entry of a lane.
type arrival struct {
	size int
	call func()
}

func newArrivals(limit int) *arrivals {
	a := &arrivals{
		messages: make(chan *nats.Msg, arrivalsLength), seed: maphash.MakeSeed(), max: int64(limit), ended: make(chan struct{}),
	}
	for range min(8, runtime.GOMAXPROCS(0)) {
		a.lanes = append(a.lanes, &lane{arrived: make(chan struct{}, 1)})
	}
	return a
}

// start calls dispatch for each message, which must not block, until end.
func (a *arrivals) start(dispatch func(m *nats.Msg)) {
	a.running.Go(func() {
		for {
			select {
			case m := <-a.messages:
				dispatch(m)
			case <-a.ended:
				return
			}
		}
	})
	for _, l := range a.lanes {
		a.running.Go(func() { a.run(l) })
	}
}

// end ends the goroutines. What has not been delivered is dropped.
func (a *arrivals) end() {
	close(a.ended)
	a.running.Wait()
}

// laneOf returns the number of the lane for a subject and a sender. The sender is empty if the order between senders is to be kept.
func (a *arrivals) laneOf(subject, sender string) int {
	hash := maphash.String(a.seed, subject)
	if sender != "" {
		hash ^= maphash.String(a.seed, sender)
	}
	return int(hash % uint64(len(a.lanes))) //nolint:gosec // less than the number of lanes
}

// add queues a call in a lane. It returns false if the lanes are full.
func (a *arrivals) add(lane, size int, call func()) bool {
	size += 128
	if a.pending.Load()+int64(size) > a.max {
		return false
	}
	a.pending.Add(int64(size))
	a.lanes[lane].add(arrival{size, call})
	return true
}

// call queues a call in a lane, beyond the bound: for what the node does itself.
func (a *arrivals) call(lane int, call func()) { a.lanes[lane].add(arrival{0, call}) }

// each queues a call in all lanes, which gets the number of the lane.
func (a *arrivals) each(call func(lane int)) {
	for i, l := range a.lanes {
		l.add(arrival{0, func() { call(i) }})
	}
}

func (l *lane) add(entry arrival) {
	l.mu.Lock()
	l.queue = append(l.queue, entry)
	l.mu.Unlock()
	select {
	case l.arrived <- struct{}{}:
	default:
	}
}

func (a *arrivals) run(l *lane) {
	var batch []arrival
	for {
		select {
		case <-l.arrived:
		case <-a.ended:
			return
		}
		l.mu.Lock()
		batch, l.queue = l.queue, batch[:0]
		l.mu.Unlock()
		for i, entry := range batch {
			entry.call()
			a.pending.Add(-int64(entry.size))
			batch[i] = arrival{}
		}
		if cap(batch) > keptEntries {
			batch = nil
		}
	}
}
