//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

var (
	chaos     = flag.Duration("chaos", 4*time.Second, "duration of TestChaos")
	chaosSeed = flag.Uint64("chaos-seed", 0, "seed for the attacks and messages of TestChaos; 0 selects a random one")
)

const (
	attackers    = 24
	goodClients  = 4
	maxReplyTime = 20 * time.Second // for the echoes of a burst of messages, on a busy machine and with the race detector
	maxGrowth    = 256 << 20        // growth of resident memory, most of which is due to the race detector
)

// TestChaos attacks a running server with everything that an anonymous client can send. At the same time well-behaved
// clients must have each of their messages echoed, in order and within maxReplyTime. Afterwards the server must have
// released all that belonged to the attackers.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	defer func() {
		if t.Failed() {
			t.Logf("to repeat: go test ./cmd/linger -run TestChaos -chaos=%v -chaos-seed=%d", *chaos, seed)
		}
	}()
	s := startTarget(t)
	warmUp(t, s)
	before := s.footprint()
	echoed, attacked := runAttacks(t, s, seed)
	t.Logf("%d attacks and %d messages echoed, the slowest burst in %v; %v before, %v right after",
		attacked, echoed, s.slowest.spent, before, s.footprint())
	if echoed < 10 {
		t.Errorf("only %d messages were echoed, which is too few for the test to be meaningful", echoed)
	}
	if s.slowest.spent > maxReplyTime {
		t.Errorf("a burst of messages must be echoed within %v; one took %v", maxReplyTime, s.slowest.spent)
	}
	s.wantRecovery(before)
	s.terminate()
}

// runAttacks runs attackers and well-behaved clients until the time is over and every attack has been run at least once.
func runAttacks(t *testing.T, s *target, seed uint64) (echoed, attacked int64) {
	ctx, cancel := context.WithTimeout(t.Context(), *chaos)
	defer cancel()
	var all sync.WaitGroup
	var echoes, runs atomic.Int64
	for i := range goodClients {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() {
			for ok := true; ok && ctx.Err() == nil; {
				var n int64
				n, ok = runGoodClient(ctx, t, s, r)
				echoes.Add(n)
			}
		})
	}
	for i := range attackers {
		a := attacker{t, s.address, rand.New(rand.NewPCG(seed, uint64(goodClients+i)))}
		all.Go(func() {
			for n := i; n < len(attacks) || ctx.Err() == nil; n += attackers {
				pick := n // at first each attacker runs its share, so that no attack is left out
				if n >= len(attacks) {
					pick = a.r.IntN(len(attacks))
				}
				attacks[pick].act(a)
				runs.Add(1)
			}
		})
	}
	all.Wait()
	return echoes.Load(), runs.Load()
}

// warmUp makes the server allocate what it allocates once.
func warmUp(t *testing.T, s *target) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	for i := range 2 * goodClients {
		all.Go(func() { runGoodClient(ctx, t, s, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	all.Wait()
}

// runGoodClient runs a well-behaved client for some dozens of messages. It returns the number of echoed messages, and
// whether everything was as expected.
func runGoodClient(ctx context.Context, t *testing.T, s *target, r *rand.Rand) (echoed int64, ok bool) {
	c, err := testclient.Dial("http://" + s.address + "/")
	if err != nil {
		t.Errorf("a well-behaved client must be able to connect; got %v", err)
		return 0, false
	}
	defer c.Abort()
	for last := r.Int64N(200); echoed == 0 || echoed < last && ctx.Err() == nil; {
		began := time.Now()
		n, err := burst(c, echoed, r)
		if err != nil {
			t.Errorf("the messages of a well-behaved client must be echoed in order: %v", err)
			return echoed, false
		}
		s.slowest.note(time.Since(began))
		echoed += n
	}
	return echoed, closeCleanly(t, c)
}

// burst sends one to eight messages and waits for their echoes.
func burst(c *testclient.Client, from int64, r *rand.Rand) (int64, error) {
	messages := make([]string, 1+r.IntN(8))
	for i := range messages {
		messages[i] = fmt.Sprintf("message %d %s", from+int64(i), strings.Repeat("x", r.IntN(3000)))
		if err := c.Send(protocol.Text, messages[i]); err != nil {
			return 0, err
		}
	}
	for _, want := range messages {
		got, err := c.Receive()
		if err != nil {
			return 0, fmt.Errorf("want %.20q, got error %w", want, err)
		}
		if got != "text "+want {
			return 0, fmt.Errorf("want %.20q, got %.40q", want, got)
		}
	}
	return int64(len(messages)), nil
}

// closeCleanly performs the closing handshake and reports whether it succeeded.
func closeCleanly(t *testing.T, c *testclient.Client) bool {
	problem := c.Close(1000, "done")
	for _, want := range []string{"close 1000 done", "EOF"} {
		if got, err := c.Receive(); err != nil || got != want {
			problem = errors.Join(problem, err, fmt.Errorf("want %q, got %q", want, got))
		}
	}
	if problem != nil {
		t.Errorf("the connection must close cleanly: %v", problem)
	}
	return problem == nil
}

// slowest records the maximum of several durations.
type slowest struct {
	mu    sync.Mutex
	spent time.Duration
}

func (s *slowest) note(spent time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent = max(s.spent, spent)
}
