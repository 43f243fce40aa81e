package survival

import (
	"flag"
	"runtime"
	"testing"
	"time"
)

// plan is how much happens.
type plan struct {
	workers, clients               int
	reloads, loops, hoards, sleeps int
	streaks                        int           // how often one of the loops and two of the hoards come together
	memory                         int64         // of an engine
	warm, pause, pace              time.Duration // before it begins, between two things, between two messages
	grown                          footprint     // what the process may hold more than before, with all connections open
}

var (
	form  = flag.String("survival", "short", "how long the survival test is: short or long")
	plans = map[string]plan{
		"short": {
			workers: 2, clients: 60, reloads: 6, loops: 3, hoards: 2, sleeps: 2, streaks: 1, memory: 16 << 20,
			warm: 200 * time.Millisecond, pause: 50 * time.Millisecond, pace: 400 * time.Millisecond,
			grown: footprint{heap: 4 << 20, resident: 8 << 20},
		},
		"long": {
			workers: 4, clients: 500, reloads: 50, loops: 20, hoards: 10, sleeps: 20, streaks: 3, memory: 32 << 20,
			warm: 10 * time.Second, pause: time.Second, pace: 50 * time.Millisecond,
			grown: footprint{heap: 8 << 20, resident: 32 << 20},
		},
	}
)

// TestSurvival has code reloaded, loop for ever, run out of memory and sleep below
// connections with continuous traffic. No connection closes; each message is handled once,
// in order, or is reported as the one in progress when its engine ended; and the process
// holds afterwards what it held before.
func TestSurvival(t *testing.T) {
	p, ok := plans[*form]
	if !ok {
		t.Fatalf("-survival is short or long; got %q", *form)
	}
	if raceDetector {
		p.grown.resident += 64 << 20 // its shadow of the memory that was ever in use
	}
	first := measure()
	s := serve(t, p)
	for i := range p.clients {
		s.clients = append(s.clients, s.connect(i))
	}
	s.talk()
	before := s.warmUp()
	began := time.Now()
	s.resume()
	s.chaos()
	took := time.Since(began)
	s.settle()
	s.browser.CloseIdleConnections()
	after := comeBack(t, "with every connection still open,", before, p.grown)
	s.leave()
	s.shutdown()
	loops := runtime.GOMAXPROCS(0) // those that watch connections stay, and who oversees them
	last := comeBack(t, "at the end", first, footprint{
		heap: 1 << 30, resident: 1 << 30, descriptors: loops + 2 /* of the poller */, goroutines: loops + 1,
	})
	if strange := s.log.strange(); len(strange) > 0 {
		t.Errorf("nothing goes wrong but what is meant to; the log says %q", strange)
	}
	s.figures(took)
	t.Logf("before, all connections open and all workers asleep: %v", before)
	t.Logf("after, the same:                                     %v", after)
	t.Logf("first: %v; last: %v", first, last)
}

// warmUp lets everything happen once, and returns what the process holds then.
func (s *service) warmUp() footprint {
	<-time.After(s.plan.warm)
	s.reload(false)
	s.kill(hoard)
	s.rest()
	s.browser.CloseIdleConnections()
	before := measure()
	before.goroutines -= len(s.clients) + 2 // those who talk, publish and request; not in the last measurement
	return before
}

// figures says what has happened.
func (s *service) figures(took time.Duration) {
	var sent, answers, failures int
	var longest time.Duration
	for _, c := range s.clients {
		sent, answers, failures = sent+c.ledger.sent, answers+c.ledger.answered, failures+c.ledger.failed
		longest = max(longest, c.ledger.longest)
	}
	p, l := s.plan, s.log
	s.t.Logf("%s form, %v: %d connections, %d workers; %d messages sent, %d answered, %d reported as failed: %d ended an engine, %d were in progress beside it",
		*form, took.Round(time.Second), p.clients, p.workers, sent, answers, failures, s.kills, l.count(failedBeside))
	s.t.Logf("sent by Go: %d to all, as many to one; by the script: %d to all and to one, %d refused with 503, %d failed",
		s.ticks, s.news.count(answered), s.news.count(refused), s.news.count(failed))
	s.t.Logf("%d reloads, %d of broken code; %d endless loops, %d out of memory; workers replaced %d times, backed off %d times, fell asleep %d times (%d times all of them)",
		p.reloads+1, s.broken, l.count(stoppedEvent), l.count(outOfMemory), l.count(replaced), l.count(backsOff),
		s.sleeps(), p.sleeps)
	s.t.Logf("the longest that a client waited for an answer: %v", longest.Round(time.Millisecond))
}

// eventually waits for what takes its time.
func eventually(t *testing.T, what string, happened func() bool) bool {
	t.Helper()
	late := time.After(patience)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-late:
			t.Errorf("%s; not within %v", what, patience)
			return false
		}
	}
	return true
}

// patience is longer than a worker backs off here.
const patience = time.Minute
