package survival

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger"
)

// startTraffic starts all traffic.
func (s *service) startTraffic() {
	for _, c := range s.clients {
		s.senders.Go(c.sendAll)
	}
	s.others.Go(s.publish)
	s.others.Go(s.request)
}

// publish sends numbered messages from Go, to all connections and to one, also while the
// script sleeps.
func (s *service) publish() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for s.goTraffic.wait() {
		s.ticks++
		taken, err := s.app.Server().Publish("ticks", linger.Text(fmt.Sprintf("tick:%d", s.ticks)))
		if err != nil || taken != len(s.clients) {
			s.t.Errorf("Publish to %d subscribers returns %d, %v", len(s.clients), taken, err)
		}
		c := s.clients[rand.IntN(len(s.clients))]
		s.notes[c.index]++
		if err := s.app.Server().Socket(c.id).Send(linger.Text(fmt.Sprintf("note:%d", s.notes[c.index]))); err != nil {
			s.t.Errorf("Send to a connection returns %v", err)
		}
		select {
		case <-tick.C:
		case <-s.stopped:
		}
	}
}

// request makes the script send numbered messages, to all connections and to one.
func (s *service) request() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for number := 0; s.traffic.wait(); number++ {
		to := s.clients[rand.IntN(len(s.clients))].id
		status, _ := s.get(fmt.Sprintf("number=%d&to=%s", number, to))
		switch status {
		case http.StatusOK:
			s.broadcasts.record(to, answered)
		case http.StatusServiceUnavailable:
			s.broadcasts.record(to, refused)
		default:
			s.broadcasts.record(to, failed)
		}
		select {
		case <-tick.C:
		case <-s.stopped:
		}
	}
}

// pauseTraffic interrupts the traffic and waits until all workers sleep, so that the
// footprint can be measured.
func (s *service) pauseTraffic() {
	s.traffic.close()
	s.goTraffic.close()
	eventually(s.t, "all messages are answered", s.allAnswered)
	eventually(s.t, "workers sleep without traffic", s.asleep)
}

// resume resumes the traffic after pauseTraffic.
func (s *service) resume() {
	s.goTraffic.open()
	s.traffic.open()
}

// stopTraffic ends the traffic and checks what was received. Each client first sends one
// last message, whose answer arrives after everything that was sent before.
func (s *service) stopTraffic() {
	close(s.stopped)
	s.senders.Wait()
	s.others.Wait()
	eventually(s.t, "all messages are answered", s.allAnswered)
	for _, c := range s.clients {
		c.send("")
	}
	if !eventually(s.t, "the last message of each connection is answered", s.allAnswered) {
		return
	}
	for _, c := range s.clients {
		c.check(s.kills)
	}
	if n := s.app.Server().Count(); n != len(s.clients) {
		s.t.Errorf("%d of %d connections are open", n, len(s.clients))
	}
	eventually(s.t, "workers sleep without traffic", s.asleep)
}

// closeAll closes all connections and checks their close events.
func (s *service) closeAll() {
	if n := len(s.closeEvents.lines()); n > 0 {
		s.t.Errorf("%d connections have ended before their clients closed them", n)
	}
	for _, c := range s.clients {
		s.senders.Go(c.closeConn)
	}
	s.senders.Wait()
	eventually(s.t, "the server has no connections", func() bool { return s.app.Server().Count() == 0 })
	ended := map[string]int{}
	for _, line := range s.closeEvents.lines() {
		ended[line]++
	}
	for _, c := range s.clients {
		if want := c.id + " 1000 true remote"; ended[want] != 1 {
			s.t.Errorf("the close event %q occurs %d times, expected once", want, ended[want])
		}
	}
	if n := len(s.closeEvents.lines()); n != len(s.clients) {
		s.t.Errorf("there are %d close events for %d connections", n, len(s.clients))
	}
}

// allAnswered reports whether all messages are answered or logged as failed.
func (s *service) allAnswered() bool {
	for _, c := range s.clients {
		if c.unanswered() > 0 {
			return false
		}
	}
	return true
}

// gate blocks goroutines while it is closed.
type gate struct {
	mu      sync.Mutex
	opened  chan struct{}   // closed while the gate is open
	stopped <-chan struct{} // closed at the end of all traffic
}

func newGate(stopped <-chan struct{}) *gate {
	g := &gate{opened: make(chan struct{}), stopped: stopped}
	g.open()
	return g
}

// wait waits until the gate is open. It returns false at the end of all traffic.
func (g *gate) wait() bool {
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

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.opened)
}
