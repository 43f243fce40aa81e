package survival

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// objectsPlan is the size of the test of objects.
type objectsPlan struct {
	workers         int
	rooms, visitors int // visitors is their number in each room
	memory          string
	sleepAfter      time.Duration
	kills           int // of the whole process
	reloads         int // between two kills, as the following ones
	loops, hoards   int
	pause, pace     time.Duration // the average pauses between actions, and between messages of a visitor
}

var objectsPlans = map[string]objectsPlan{
	"short": {
		workers: 2, rooms: 40, visitors: 10, memory: "24MiB", sleepAfter: 300 * time.Millisecond,
		kills: 2, reloads: 2, loops: 1, hoards: 1, pause: 300 * time.Millisecond, pace: 700 * time.Millisecond,
	},
	"long": {
		workers: 4, rooms: 200, visitors: 10, memory: "48MiB", sleepAfter: time.Second,
		kills: 8, reloads: 5, loops: 2, hoards: 2, pause: 2 * time.Second, pace: 2 * time.Second,
	},
}

// TestObjectsSurvival reloads an application with objects, makes it loop forever and run out of memory, lets objects sleep, and kills the
// process, while sockets have traffic in both directions. Only the end of the process may close a socket. Each message must be answered once, in
// order, except for those that end an engine, or are logged as failed because they were in progress in it; and whatever was answered must be
// in storage afterwards.
func TestObjectsSurvival(t *testing.T) {
	p, ok := objectsPlans[*form]
	if !ok {
		t.Fatalf("-survival must be short or long, not %q", *form)
	}
	s := newObjectsServer(t, p)
	h := &house{t: t, plan: p, server: s}
	for i := range p.rooms * p.visitors {
		h.visitors = append(h.visitors, &visitor{server: s, index: i, room: i % p.rooms, changed: make(chan struct{}, 1)})
	}
	began := time.Now()
	s.start()
	for range p.kills {
		h.live(func() { h.chaos(); h.kill() })
		s.start()
		h.check(0)
	}
	h.live(func() { h.chaos(); h.settle() })
	h.logFigures(time.Since(began))
}

// house is all rooms with their visitors.
type house struct {
	t        *testing.T
	plan     objectsPlan
	server   *objectsServer
	visitors []*visitor
	stop     func() // ends the traffic

	constructed int // how often the rooms were constructed, at the last check
}

// live connects all visitors, which send messages while act is called; act ends the connections.
func (h *house) live(act func()) {
	h.each(func(v *visitor) { v.connect() })
	if h.t.Failed() {
		h.t.Fatal(h.server.log.lines(20))
	}
	var readers, senders sync.WaitGroup
	stopped := make(chan struct{})
	for _, v := range h.visitors {
		readers.Go(v.read)
		senders.Go(func() { v.sendAll(h.plan.pace, stopped) })
	}
	h.stop = func() {
		close(stopped)
		senders.Wait()
	}
	act()
	readers.Wait()
}

// each calls f for all visitors, several at a time.
func (h *house) each(f func(v *visitor)) {
	var all sync.WaitGroup
	slots := make(chan struct{}, 32)
	for _, v := range h.visitors {
		slots <- struct{}{}
		all.Go(func() {
			f(v)
			<-slots
		})
	}
	all.Wait()
}

// chaos carries out the reloads and crashes of the plan in random order.
func (h *house) chaos() {
	var acts []func()
	add := func(n int, act func()) {
		for range n {
			acts = append(acts, act)
		}
	}
	add(h.plan.reloads, h.server.reload)
	add(h.plan.loops, func() { h.crash(loop, stoppedEvent) })
	add(h.plan.hoards, func() { h.crash(hoard, outOfMemory) })
	rand.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	for _, act := range acts {
		<-time.After(rand.N(2 * h.plan.pause))
		if !h.t.Failed() {
			act()
		}
	}
	<-time.After(rand.N(2 * h.plan.pause))
}

// crash makes a visitor send a message that ends an engine, and waits until that is logged.
func (h *house) crash(deed, report string) {
	before := h.server.log.count(report)
	h.visitors[rand.IntN(len(h.visitors))].send(deed)
	eventually(h.t, "the event that ends an engine is logged", func() bool { return h.server.log.count(report) > before })
}

// kill kills the process during the traffic.
func (h *house) kill() {
	for _, v := range h.visitors {
		v.mu.Lock()
		v.dead = true
		v.mu.Unlock()
	}
	h.server.kill()
	h.stop()
	for _, v := range h.visitors {
		v.conn.CloseNow()
	}
}

// settle ends the traffic, checks that everything was answered and all sockets are open, and closes them.
func (h *house) settle() {
	h.stop()
	for _, v := range h.visitors {
		v.send("") // its answer arrives after everything that was sent before
	}
	eventually(h.t, "all messages are answered", func() bool {
		for _, v := range h.visitors {
			if !v.allAnswered() {
				return false
			}
		}
		return true
	})
	h.check(h.plan.visitors)
	for _, v := range h.visitors {
		v.mu.Lock()
		v.dead = true
		v.mu.Unlock()
	}
	h.each(func(v *visitor) {
		if err := v.conn.Close(1000, ""); err != nil {
			h.t.Errorf("closing the connection of visitor %d: %v", v.index, err)
		}
	})
	if unexpected := h.server.log.count("level=ERROR") - h.server.log.count(stoppedEvent) - h.server.log.count(outOfMemory) - h.server.log.count(failedWith) - h.server.log.count(timedOut); unexpected > 0 {
		h.t.Errorf("the log has %d unexpected errors:\n%s", unexpected, h.server.log.lines(40))
	}
}

// check compares what the rooms have stored with what the visitors have received. sockets is the number of sockets that each room must have.
func (h *house) check(sockets int) {
	h.constructed = 0
	for room := range h.plan.rooms {
		r := h.server.report(room)
		stored := 0
		for _, v := range h.visitors {
			if v.room == room {
				numbers := r.Handled[fmt.Sprint(v.index)]
				v.check(numbers)
				stored += len(numbers)
			}
		}
		if r.Count != stored {
			h.t.Errorf("room %d has counted %d messages, and has stored %d", room, r.Count, stored)
		}
		if r.Sockets != sockets {
			h.t.Errorf("room %d has %d open sockets, expected %d", room, r.Sockets, sockets)
		}
		h.constructed += r.Constructed
	}
}

// logFigures logs what has happened.
func (h *house) logFigures(took time.Duration) {
	sent, answered, news, lost := 0, 0, 0, 0
	for _, v := range h.visitors {
		sent, answered, news, lost = sent+v.sent, answered+len(v.answered), news+v.news, lost+v.lost
	}
	log := h.server.log
	if failed, exact := log.failures(); exact && lost > failed {
		h.t.Errorf("%d messages have no answer, and only %d were logged as failed", lost, failed)
	}
	h.t.Logf("%s form, %v: %d rooms, %d sockets, %d workers; %d messages sent, %d answered, %d news received; the process was killed %d times",
		*form, took.Round(time.Second), h.plan.rooms, len(h.visitors), h.plan.workers, sent, answered, news, h.plan.kills)
	h.t.Logf("%d reloads, %d endless loops, %d out of memory, %d other messages failed; rooms were constructed %d times",
		h.server.version-1, log.count(stoppedEvent), log.count(outOfMemory), lost, h.constructed)
}
