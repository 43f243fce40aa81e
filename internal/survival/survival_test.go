package survival

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
)

// plan is how much happens.
type plan struct {
	workers, clients             int
	reloads, loops, ooms, sleeps int
	pause                        time.Duration // between two of them, on average
}

var (
	form  = flag.String("survival", "short", "how long the survival test is: short or long")
	plans = map[string]plan{
		"short": {workers: 3, clients: 60, reloads: 8, loops: 3, ooms: 2, sleeps: 3, pause: 50 * time.Millisecond},
		"long":  {workers: 5, clients: 500, reloads: 50, loops: 20, ooms: 10, sleeps: 20, pause: 500 * time.Millisecond},
	}
)

// TestSurvival lets code be reloaded, loop for ever, run out of memory and sleep under
// connections with continuous traffic. No connection may close, and every message is
// handled once, in order, or is reported as the event that failed.
func TestSurvival(t *testing.T) {
	p, ok := plans[*form]
	if !ok {
		t.Fatalf("-survival is short or long; got %q", *form)
	}
	before := measure()
	s := serve(t, p)
	s.publish()
	for range p.clients {
		s.connect()
	}
	s.mayhem(p)
	s.settle()
	s.leave()
	after := s.end()
	t.Logf("%s form, %d connections: %d messages handled, %d published to each; %d reloads (%d of broken code), %d endless loops, %d out of memory, %d sleeps",
		*form, p.clients, s.echoed.Load(), s.ticks.Load(), p.reloads, s.broken, p.loops, p.ooms, p.sleeps)
	t.Logf("%d events failed, %d of them without an answer; the longest a client waited for one: %v", s.log.total(), s.missing.Load(), time.Duration(s.longest.Load()).Round(time.Millisecond))
	t.Logf("before: %v; after: %v", before, after)
	after.compare(t, before)
}

// mayhem has everything happen that is in the plan, in a random order.
func (s *service) mayhem(p plan) {
	var acts []func()
	add := func(n int, act func(i int)) {
		for i := range n {
			acts = append(acts, func() { act(i) })
		}
	}
	add(p.reloads, s.reload)
	add(p.loops, func(i int) { s.kill(i, "loop") })
	add(p.ooms, func(i int) { s.kill(i+1, "oom") })
	add(p.sleeps, func(int) { s.sleep() })
	rand.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	for i, act := range acts {
		act()
		time.Sleep(rand.N(2 * p.pause))
		if s.t.Failed() {
			s.t.Fatalf("it went wrong at act %d of %d", i+1, len(acts))
		}
	}
}

// footprint is what a process holds.
type footprint struct{ heap, descriptors, goroutines, rss int }

func measure() footprint {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f := footprint{heap: int(m.HeapAlloc), goroutines: runtime.NumGoroutine()}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		f.descriptors = len(entries)
	}
	if status, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, resident int
		_, _ = fmt.Sscan(string(status), &size, &resident)
		f.rss = resident * os.Getpagesize()
	}
	return f
}

func (f footprint) String() string {
	return fmt.Sprintf("heap %.1f MiB, RSS %.1f MiB, %d descriptors, %d goroutines",
		float64(f.heap)/(1<<20), float64(f.rss)/(1<<20), f.descriptors, f.goroutines)
}

// compare tells of what has not been given back. The globals of the engines are
// compiled once and stay, and so do pooled buffers for a while.
func (f footprint) compare(t *testing.T, before footprint) {
	t.Helper()
	if grown := f.heap - before.heap; grown > 32<<20 {
		t.Errorf("memory comes back: the heap has grown by %d KiB", grown>>10)
	}
	if f.descriptors > before.descriptors+2 { // of the poller
		t.Errorf("descriptors come back: there were %d, and are %d", before.descriptors, f.descriptors)
	}
	if f.goroutines > before.goroutines+2 {
		stacks := make([]byte, 1<<20)
		t.Errorf("goroutines come back: there were %d, and are %d\n%s", before.goroutines, f.goroutines, stacks[:runtime.Stack(stacks, true)])
	}
}

// eventually waits for what takes its time, in the measure of a loaded machine.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s; it did not within %v", what, patience)
		}
	}
}

// patience is longer than the longest pause of a worker that backs off.
const patience = 3 * time.Minute

// publish sends numbered messages to everybody, from Go: whatever the script does.
func (s *service) publish() {
	s.all.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-s.stopped:
				return
			}
			if _, err := s.app.Server().Publish("ticks", linger.Text(fmt.Sprintf("tick:%d", s.ticks.Add(1)))); err != nil {
				s.t.Error(err)
			}
		}
	})
}

// gate lets those through who come while it is open.
type gate struct {
	mu   sync.Mutex
	cond *sync.Cond
	shut bool
}

func newGate() *gate {
	g := &gate{}
	g.cond = sync.NewCond(&g.mu)
	return g
}

func (g *gate) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.shut {
		g.cond.Wait()
	}
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	g.shut = shut
	g.mu.Unlock()
	g.cond.Broadcast()
}

// filler is random text, of 1 byte to 32 KiB, most of it short.
func filler() string {
	n := 1 + rand.N(1<<(5+rand.N(11)))
	return strings.Repeat("x", n)
}
