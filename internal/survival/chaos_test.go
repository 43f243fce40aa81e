package survival

import (
	"errors"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"github.com/lingerws/linger/worker"
)

// brokenScripts are scripts that cannot be loaded.
var brokenScripts = []string{
	`const ;`,
	`throw new Error("not today");`,
	`addEventListener("install", async () => { throw new Error("cannot be installed"); });`,
	`addEventListener("activate", (event) => event.waitUntil(Promise.reject(new Error("cannot be activated"))));`,
	`await new Promise(() => {});`,
	`for (const all = []; ; ) all.push(new Uint8Array(1 << 16));`,
}

// The messages that end an engine.
const (
	loop  = "loop"  // the script loops forever
	hoard = "hoard" // the script allocates memory until there is none
	exit  = "exit"  // the script calls process.exit
	abort = "abort" // the script calls process.abort
	crash = "crash" // the process gets the signal of a wrong memory access
)

// flood makes the script print much.
const flood = "flood"

// chaos carries out the plan: reloads, and concurrently all other actions in random order.
func (s *service) chaos() {
	var both sync.WaitGroup
	both.Go(func() {
		for i := range s.plan.reloads {
			s.act(func() { s.reload(i%3 == 1) })
		}
	})
	both.Go(func() {
		for _, act := range s.acts() {
			s.act(act)
		}
	})
	both.Wait()
}

// act calls do after a random pause, unless the test has failed.
func (s *service) act(do func()) {
	<-time.After(rand.N(2 * s.plan.pause))
	if !s.t.Failed() {
		do()
	}
}

// acts returns the actions of the plan other than reloads, in random order.
func (s *service) acts() []func() {
	var acts []func()
	add := func(n int, act func()) {
		for range n {
			acts = append(acts, act)
		}
	}
	p := s.plan
	add(p.streaks, s.streak)
	add(p.loops-p.streaks, func() { s.kill(loop) })
	add(p.hoards-2*p.streaks, func() { s.kill(hoard) })
	add(p.sleeps, s.sleep)
	add(p.exits, func() { s.kill(exit) })
	add(p.aborts, func() { s.kill(abort) })
	add(p.crashes, func() { s.kill(crash) })
	add(p.floods, s.flood)
	add(p.killed, func() { s.signal(syscall.SIGKILL) })
	add(p.stopped, func() { s.signal(syscall.SIGSTOP) })
	rand.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	return acts
}

// reload reloads the application with the next version, or with a broken script, which must
// have no effect.
func (s *service) reload(broken bool) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if !broken {
		s.writeNext()
		if err := s.app.Reload(); err != nil {
			s.t.Errorf("reloading a valid version returns %v", err)
		}
		s.expectVersion(s.version)
		return
	}
	s.write(brokenScripts[s.broken%len(brokenScripts)])
	s.broken++
	if _, faulty := errors.AsType[*worker.LoadError](s.app.Reload()); !faulty {
		s.t.Error("reloading a broken version returns no LoadError")
	}
	s.expectVersion(s.version)
}

// kill ends an engine with a message of a random client, and waits until a later message of
// that client is answered.
func (s *service) kill(how string) {
	c := s.clients[rand.IntN(len(s.clients))]
	number := s.endEngine(c, how)
	s.waitAnswered(c, number)
}

// streak makes a worker fail three times in a row, without a reload, and waits until it
// backs off.
func (s *service) streak() {
	c := s.clients[rand.IntN(len(s.clients))]
	s.reloading.Lock()
	before := s.log.count(backsOff)
	number := -1
	for _, how := range []string{loop, hoard, hoard} {
		number = s.endEngine(c, how)
	}
	eventually(s.t, "a worker backs off after three failures in a row", func() bool { return s.log.count(backsOff) > before })
	s.reloading.Unlock()
	s.waitAnswered(c, number)
}

// endEngine sends a message that ends an engine, and waits until its failure is logged. It
// returns the number of the message.
func (s *service) endEngine(c *client, how string) int {
	before := c.failures()
	number := c.send(how)
	s.kills++
	eventually(s.t, "the event that ends an engine is logged", func() bool { return c.failures() > before })
	return number
}

// waitAnswered waits until a message after the given one is answered.
func (s *service) waitAnswered(c *client, number int) {
	eventually(s.t, "messages are answered after an engine has ended", func() bool { return c.hasPassed(number) })
}

// sleep stops the traffic of the script until every worker has slept.
func (s *service) sleep() {
	s.traffic.close()
	defer s.traffic.open()
	before := s.app.Workers()
	eventually(s.t, "workers sleep without traffic", func() bool {
		for i, w := range s.app.Workers() {
			if w.State != "asleep" && w.Sleeps == before[i].Sleeps {
				return false
			}
		}
		return true
	})
}
