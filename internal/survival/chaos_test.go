package survival

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/lingerws/linger/worker"
)

// brokenScripts cannot be loaded.
var brokenScripts = []string{
	`const ;`,
	`throw new Error("not today");`,
	`addEventListener("install", async () => { throw new Error("cannot be installed"); });`,
	`addEventListener("activate", (event) => event.waitUntil(Promise.reject(new Error("cannot be activated"))));`,
	`await new Promise(() => {});`,
	`for (const all = []; ; ) all.push(new Uint8Array(1 << 16));`,
}

// What a message may be that the script does not survive.
const (
	loop  = "loop"
	hoard = "hoard"
)

// chaos has everything happen that is in the plan: reloads on one side, and the rest in
// random order on the other.
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

// act does something after a while, unless something has gone wrong.
func (s *service) act(do func()) {
	<-time.After(rand.N(2 * s.plan.pause))
	if !s.t.Failed() {
		do()
	}
}

// acts returns what happens beside the reloads.
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
	rand.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	return acts
}

// reload loads another version, or one that is broken and changes nothing.
func (s *service) reload(broken bool) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if !broken {
		s.writeNext()
		if err := s.app.Reload(); err != nil {
			s.t.Errorf("a version that is in order is loaded; got %v", err)
		}
		s.runs(s.version)
		return
	}
	s.write(brokenScripts[s.broken%len(brokenScripts)])
	s.broken++
	if _, faulty := errors.AsType[*worker.LoadError](s.app.Reload()); !faulty {
		s.t.Error("a broken version is not loaded; it was")
	}
	s.runs(s.version)
}

// kill has an engine end, by a message of somebody, and waits until what he has sent after
// it is answered.
func (s *service) kill(how string) {
	c := s.clients[rand.IntN(len(s.clients))]
	number := s.end(c, how)
	s.outlive(c, number)
}

// streak has a worker fail three times in a row, and not be saved by a reload: then it backs
// off.
func (s *service) streak() {
	c := s.clients[rand.IntN(len(s.clients))]
	s.reloading.Lock()
	before := s.log.count(backsOff)
	number := -1
	for _, how := range []string{loop, hoard, hoard} {
		number = s.end(c, how)
	}
	eventually(s.t, "a worker that fails three times in a row backs off", func() bool { return s.log.count(backsOff) > before })
	s.reloading.Unlock()
	s.outlive(c, number)
}

// end sends a message that ends an engine, and waits for the report of its failure.
func (s *service) end(c *client, how string) int {
	before := c.failures()
	number := c.send(how)
	s.kills++
	eventually(s.t, "the event that ends an engine is reported", func() bool { return c.failures() > before })
	return number
}

func (s *service) outlive(c *client, number int) {
	eventually(s.t, "life goes on after an engine has ended", func() bool { return c.isOver(number) })
}

// sleep lets the script have nothing to do until every worker has slept.
func (s *service) sleep() {
	s.traffic.shut()
	defer s.traffic.open()
	before := s.app.Workers()
	eventually(s.t, "workers fall asleep when nothing happens", func() bool {
		for i, w := range s.app.Workers() {
			if w.State != "asleep" && w.Sleeps == before[i].Sleeps {
				return false
			}
		}
		return true
	})
}
