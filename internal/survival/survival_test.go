package survival

import (
	"flag"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// plan is the size of the test.
type plan struct {
	workers, clients               int
	reloads, loops, hoards, sleeps int           // the numbers of these actions
	streaks                        int           // how often one loop and two hoards follow each other immediately
	timeout                        time.Duration // the event timeout
	memory                         int64         // the memory limit of an engine in bytes
	warm, pause, pace              time.Duration // the time before the first action, the average pause between actions, and that between messages
	grown                          footprint     // by how much the footprint may grow while all connections are open

	// The following are for runtimes in child processes.
	runtime                        worker.Runtime
	killed, stopped                int // how often a child gets SIGKILL, and SIGSTOP
	exits, aborts, crashes, floods int // how often a message makes a child do this
}

var (
	form  = flag.String("survival", "short", "the length of the survival test: short or long")
	plans = map[string]plan{
		"short": {
			workers: 2, clients: 60, reloads: 6, loops: 3, hoards: 2, sleeps: 2, streaks: 1, timeout: time.Second, memory: 16 << 20,
			warm: 200 * time.Millisecond, pause: 50 * time.Millisecond, pace: 400 * time.Millisecond,
			grown: footprint{heap: 4 << 20, resident: 8 << 20},
		},
		"long": {
			workers: 4, clients: 500, reloads: 50, loops: 20, hoards: 10, sleeps: 20, streaks: 3, timeout: time.Second, memory: 32 << 20,
			warm: 10 * time.Second, pause: time.Second, pace: 50 * time.Millisecond,
			grown: footprint{heap: 8 << 20, resident: 32 << 20},
		},
	}
)

// way is how the connections of the server are read and written.
var way websocket.IO

func init() {
	flag.TextVar(&way, "io", websocket.IOAuto, "how the server reads and writes connections: auto, ring, readiness, blocking")
}

// TestSurvival reloads an application, makes it loop forever and run out of memory, and lets
// it sleep, while connections have continuous traffic. No connection may close. Each message
// must be handled once, in order, or be logged as failed because its engine ended. The
// footprint of the process must not grow.
func TestSurvival(t *testing.T) {
	p, ok := plans[*form]
	if !ok {
		t.Fatalf("-survival must be short or long, not %q", *form)
	}
	survive(t, p)
}

// survive runs the test with a plan.
func survive(t *testing.T, p plan) {
	t.Helper()
	if race.Enabled {
		p.grown.resident += 64 << 20 // the shadow memory of the race detector is never released
	}
	first := measure()
	s := serve(t, p)
	for i := range p.clients {
		s.clients = append(s.clients, s.connect(i))
	}
	s.startTraffic()
	before := s.warmUp()
	began := time.Now()
	s.resume()
	s.chaos()
	took := time.Since(began)
	s.stopTraffic()
	s.httpClient.CloseIdleConnections()
	after := waitFootprint(t, "with all connections open", before, p.grown)
	s.closeAll()
	s.shutdown()
	loops := runtime.GOMAXPROCS(0) // the event loops and their monitor remain
	last := waitFootprint(t, "at the end", first, footprint{
		heap: 1 << 30, resident: 1 << 30, descriptors: 3*loops /* with two rings each */ + 2 /* the runtime poller */, goroutines: loops + 1,
	})
	if unexpected := s.log.unexpectedRecords(); len(unexpected) > 0 {
		t.Errorf("the log has unexpected records: %q", unexpected)
	}
	s.logFigures(took)
	t.Logf("before, all connections open and all workers asleep: %v", before)
	t.Logf("after, the same:                                     %v", after)
	t.Logf("first: %v; last: %v", first, last)
}

// warmUp carries out each action once, and returns the footprint after that.
func (s *service) warmUp() footprint {
	<-time.After(s.plan.warm)
	s.reload(false)
	s.kill(hoard)
	s.pauseTraffic()
	s.httpClient.CloseIdleConnections()
	before := measure()
	before.goroutines -= len(s.clients) + 2 // the senders, publish and request have ended at the last measurement
	return before
}

// logFigures logs what has happened.
func (s *service) logFigures(took time.Duration) {
	var sent, answers, failures int
	var longest time.Duration
	for _, c := range s.clients {
		sent, answers, failures = sent+c.ledger.sent, answers+c.ledger.answered, failures+c.ledger.failed
		longest = max(longest, c.ledger.longest)
	}
	p, l := s.plan, s.log
	s.t.Logf("%s form, %v: %d connections, %d workers; %d messages sent, %d answered, %d logged as failed: %d ended an engine, %d were in progress at that time",
		*form, took.Round(time.Second), p.clients, p.workers, sent, answers, failures, s.kills, l.count(failedWith))
	s.t.Logf("sent by Go: %d to all, as many to one; by the script: %d to all and to one, %d refused with 503, %d failed",
		s.ticks, s.broadcasts.count(answered), s.broadcasts.count(refused), s.broadcasts.count(failed))
	s.t.Logf("%d reloads, %d of broken code; %d endless loops, %d out of memory; workers replaced %d times, backed off %d times, fell asleep %d times (%d times all of them)",
		p.reloads+1, s.broken, l.count(stoppedEvent), l.count(outOfMemory), l.count(replaced), l.count(backsOff),
		s.sleeps(), p.sleeps)
	s.t.Logf("the longest time until an answer: %v", longest.Round(time.Millisecond))
}

// eventually waits until a condition is true, and fails the test after the timeout.
func eventually(t *testing.T, what string, condition func() bool) bool {
	t.Helper()
	late := time.After(timeout)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-late:
			t.Errorf("within %v this does not become true: %s", timeout, what)
			return false
		}
	}
	return true
}

// timeout bounds each wait. It is longer than the longest backoff of a worker and the next one, since a worker whose process is
// killed just after a backoff backs off again.
const timeout = 3 * time.Minute
