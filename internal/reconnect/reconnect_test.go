package reconnect

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/race"
)

var (
	network = flag.String("network", "memory", "memory, with fake time, or tcp, with real time")
	clients = flag.Int("clients", 1000, "the number of clients")
	spread  = flag.Duration("spread", time.Minute, "the time over which a drain closes connections")
)

// run runs a test in fake or real time, as the flags say.
func run(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	if race.Enabled {
		t.Skip("the race detector crashes with many timers in fake time, https://go.dev/issue/78156; the tests of the servers look for races")
	}
	if *network == "tcp" {
		test(t)
		return
	}
	synctest.Test(t, test)
}

// awaitAll waits until all clients are connected again.
func (s *site) awaitAll(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		s.mu.Lock()
		opened := len(s.opened)
		s.mu.Unlock()
		switch {
		case opened >= *clients:
			return
		case time.Now().After(deadline):
			t.Fatalf("%d of %d clients are connected again", opened, *clients)
		}
	}
}

// rates are the numbers of new connections in each second, from the first one to the last.
type rates []int

// rates returns the new connections per second, and logs them.
func (s *site) rates(t *testing.T, what string) rates {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.opened)
	first := int(s.opened[0] / time.Second)
	perSecond := make(rates, int(s.opened[len(s.opened)-1]/time.Second)-first+1)
	for _, at := range s.opened {
		perSecond[int(at/time.Second)-first]++
	}
	t.Logf("%s: %d new connections within %d s, from second %d on; at most %d in a second, %.2f times the mean of %.1f; %d attempts failed\n%v",
		what, len(s.opened), len(perSecond), first, perSecond.most(), perSecond.unevenness(), perSecond.mean(), s.failed, perSecond)
	return perSecond
}

func (r rates) most() int { return slices.Max(r) }

func (r rates) mean() float64 {
	sum := 0
	for _, n := range r {
		sum += n
	}
	return float64(sum) / float64(len(r))
}

// unevenness returns the maximum over the mean.
func (r rates) unevenness() float64 { return float64(r.most()) / r.mean() }

func (r rates) String() string {
	var text []string
	for _, n := range r {
		text = append(text, fmt.Sprint(n))
	}
	return strings.Join(text, " ")
}

// bound is the greatest number of new connections in a second that a drain may cause: 1.5 times those that it closes, and room for
// chance if these are few.
func bound() int {
	closed := max(float64(*clients)/spread.Seconds(), 10)
	return int(math.Ceil(closed + max(0.5*closed, 5*math.Sqrt(closed))))
}

// Clients of a server that is drained connect to another server as evenly as they are closed.
func TestDrainToOtherServer(t *testing.T) {
	run(t, func(t *testing.T) {
		s := newSite(t, *network, 2)
		s.openAll(t, *clients, advised)
		if err := s.servers[0].Drain(t.Context(), linger.DrainOptions{Spread: *spread}); err != nil {
			t.Fatal(err)
		}
		s.awaitAll(t)
		if got := s.rates(t, "drained, to another server"); got.most() > bound() {
			t.Errorf("%d clients connect in one second, expected at most %d", got.most(), bound())
		}
		if n := s.servers[0].Count(); n != 0 {
			t.Errorf("the drained server has %d connections", n)
		}
	})
}

// The first seconds of a drain are no exception if clients do not wait: the server alone spreads them.
func TestDrainOfHastyClients(t *testing.T) {
	run(t, func(t *testing.T) {
		s := newSite(t, *network, 2)
		s.openAll(t, *clients, hasty)
		opts := linger.DrainOptions{Spread: *spread, Delay: 2 * checkInterval} // the load balancer has noticed before
		if err := s.servers[0].Drain(t.Context(), opts); err != nil {
			t.Fatal(err)
		}
		s.awaitAll(t)
		if got := s.rates(t, "drained, clients do not wait"); got.most() > bound() {
			t.Errorf("%d clients connect in one second, expected at most %d", got.most(), bound())
		}
		if s.failed > 0 {
			t.Errorf("%d attempts failed: the delay must be enough for the load balancer to notice", s.failed)
		}
	})
}

// A server that is drained and comes back, without another one, gets clients that have waited longer and longer.
func TestDrainAndReturn(t *testing.T) {
	run(t, func(t *testing.T) {
		s := newSite(t, *network, 1)
		s.openAll(t, *clients, advised)
		if err := s.servers[0].Drain(t.Context(), linger.DrainOptions{Spread: *spread}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) // the restart
		s.servers[0].CancelDrain()
		s.awaitAll(t)
		if got, most := s.rates(t, "drained, back after 3 s"), *clients/12+int(5*math.Sqrt(float64(*clients)/16)); got.most() > most {
			t.Errorf("%d clients connect in one second, expected at most %d", got.most(), most)
		}
	})
}

// Without a drain clients come within the few seconds that they wait, or at once.
func TestAllAtOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		behave behaviour
		least  int // the least number of clients in the worst second
	}{
		{"clients wait", advised, *clients / 6},
		{"clients do not wait", hasty, *clients / 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(t *testing.T) {
				s := newSite(t, *network, 2)
				s.openAll(t, *clients, c.behave)
				opts := linger.DrainOptions{Spread: -1, Delay: 2 * checkInterval}
				if err := s.servers[0].Drain(t.Context(), opts); err != nil {
					t.Fatal(err)
				}
				s.awaitAll(t)
				if got := s.rates(t, "closed at once, "+c.name); *network == "memory" && got.most() < c.least {
					t.Errorf("%d clients connect in the worst second, expected at least %d: the comparison is wrong", got.most(), c.least)
				}
			})
		})
	}
}

// The maximum lifetime spreads clients that came within a second: with a large jitter from the first hour on.
func TestMaxLifetime(t *testing.T) {
	if *network == "tcp" {
		t.Skip("takes hours")
	}
	const hours = 6
	for _, c := range []struct {
		jitter     float64
		unevenness float64 // the greatest number of new connections within six minutes, over the mean
	}{
		{0.5, 2},
		{0.1, 7},
	} {
		t.Run(fmt.Sprint("jitter ", c.jitter), func(t *testing.T) {
			run(t, func(t *testing.T) {
				s := &site{servers: []*server{newServer(t, *network, linger.Options{MaxLifetime: time.Hour, LifetimeJitter: c.jitter})}}
				s.openAll(t, *clients, advised)
				time.Sleep(hours*time.Hour - time.Second)
				perSlot := make(rates, hours*10)
				s.mu.Lock()
				for _, at := range s.opened {
					perSlot[int(at/(6*time.Minute))]++
				}
				s.mu.Unlock()
				t.Logf("maximum lifetime of an hour, jitter %v: at most %.2f times the mean in 6 minutes\n%v", c.jitter, perSlot.unevenness(), perSlot)
				if perSlot.unevenness() > c.unevenness {
					t.Errorf("the greatest number of new connections in 6 minutes is %.2f times the mean, expected at most %v", perSlot.unevenness(), c.unevenness)
				}
			})
		})
	}
}

// A drain of a share moves that share, and no more, to the other servers.
func TestRebalance(t *testing.T) {
	run(t, func(t *testing.T) {
		s := newSite(t, *network, 2)
		s.openAll(t, *clients, advised)
		if err := s.servers[0].Drain(t.Context(), linger.DrainOptions{Spread: *spread, Share: 0.5}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		got := s.rates(t, "rebalanced with a share of 0.5")
		if got.most() > bound() {
			t.Errorf("%d clients connect in one second, expected at most %d", got.most(), bound())
		}
		first, second, half := s.servers[0].Count(), s.servers[1].Count(), *clients/2
		if first+second != *clients || math.Abs(float64(second-half/2)) > 6*math.Sqrt(float64(half)/4) {
			t.Errorf("the servers have %d and %d connections, expected about three quarters and a quarter", first, second)
		}
	})
}
