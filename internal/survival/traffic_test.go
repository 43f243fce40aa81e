package survival

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger"
)

// talk begins all traffic.
func (s *service) talk() {
	for _, c := range s.clients {
		s.talkers.Go(c.talk)
	}
	s.newsroom.Go(s.publish)
	s.newsroom.Go(s.request)
}

// publish sends numbered messages from Go, to everybody and to one, whatever the script
// does: also while it sleeps.
func (s *service) publish() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for s.voice.pass() {
		s.ticks++
		taken, err := s.app.Server().Publish("ticks", linger.Text(fmt.Sprintf("tick:%d", s.ticks)))
		if err != nil || taken != len(s.clients) {
			s.t.Errorf("a publication goes to all %d subscribers; it went to %d: %v", len(s.clients), taken, err)
		}
		c := s.clients[rand.IntN(len(s.clients))]
		s.notes[c.index]++
		if err := s.app.Server().Socket(c.id).Send(linger.Text(fmt.Sprintf("note:%d", s.notes[c.index]))); err != nil {
			s.t.Errorf("a connection can be addressed; got %v", err)
		}
		select {
		case <-tick.C:
		case <-s.stopped:
		}
	}
}

// request has the script send numbered messages, to everybody and to one.
func (s *service) request() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for number := 0; s.traffic.pass(); number++ {
		to := s.clients[rand.IntN(len(s.clients))].id
		status, _ := s.get(fmt.Sprintf("number=%d&to=%s", number, to))
		switch status {
		case http.StatusOK:
			s.news.add(to, answered)
		case http.StatusServiceUnavailable:
			s.news.add(to, refused)
		default:
			s.news.add(to, failed)
		}
		select {
		case <-tick.C:
		case <-s.stopped:
		}
	}
}

// rest ends the traffic for a while, so that what the process holds can be measured.
func (s *service) rest() {
	s.traffic.shut()
	s.voice.shut()
	eventually(s.t, "what was sent is handled", s.quiet)
	eventually(s.t, "workers fall asleep when nothing happens", s.asleep)
}

func (s *service) resume() {
	s.voice.open()
	s.traffic.open()
}

// settle ends the traffic. Everybody sends one last message, whose answer comes behind all
// that was sent before it.
func (s *service) settle() {
	close(s.stopped)
	s.talkers.Wait()
	s.newsroom.Wait()
	eventually(s.t, "what was sent is handled", s.quiet)
	for _, c := range s.clients {
		c.send("")
	}
	if !eventually(s.t, "every connection answers", s.quiet) {
		return
	}
	for _, c := range s.clients {
		c.check(s.kills)
	}
	if n := s.app.Server().Count(); n != len(s.clients) {
		s.t.Errorf("every connection is open; %d of %d are", n, len(s.clients))
	}
	eventually(s.t, "workers fall asleep when nothing happens", s.asleep)
}

// leave closes every connection.
func (s *service) leave() {
	if n := len(s.ends.lines()); n > 0 {
		s.t.Errorf("no connection ends before its client wants it; %d did", n)
	}
	for _, c := range s.clients {
		s.talkers.Go(c.leave)
	}
	s.talkers.Wait()
	eventually(s.t, "the server lets everybody go", func() bool { return s.app.Server().Count() == 0 })
	ended := map[string]int{}
	for _, line := range s.ends.lines() {
		ended[line]++
	}
	for _, c := range s.clients {
		if wanted := c.id + " 1000 true remote"; ended[wanted] != 1 {
			s.t.Errorf("a connection has one close event, %q; it came %d times", wanted, ended[wanted])
		}
	}
	if n := len(s.ends.lines()); n != len(s.clients) {
		s.t.Errorf("each of %d connections has one close event; there were %d", len(s.clients), n)
	}
}

// quiet tells whether nothing is open.
func (s *service) quiet() bool {
	for _, c := range s.clients {
		if c.open() > 0 {
			return false
		}
	}
	return true
}

// gate lets those through who come while it is open.
type gate struct {
	mu      sync.Mutex
	opened  chan struct{} // closed while it is open
	stopped <-chan struct{}
}

func newGate(stopped <-chan struct{}) *gate {
	g := &gate{opened: make(chan struct{}), stopped: stopped}
	g.open()
	return g
}

// pass waits for the gate to be open. It returns false at the end of all traffic.
func (g *gate) pass() bool {
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	select {
	case <-opened:
	case <-g.stopped:
	}
	select {
	case <-g.stopped:
		return false
	default:
		return true
	}
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.opened)
}
