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
	chaos     = flag.Duration("chaos", 4*time.Second, "how long TestChaos lasts")
	chaosSeed = flag.Uint64("chaos-seed", 0, "what its assaults and messages are derived from; 0 takes another each time")
)

const (
	assailants   = 24
	goodClients  = 4
	longestReply = 20 * time.Second // for a burst of messages, on a busy machine and under the race detector
	mostGrowth   = 256 << 20        // of resident memory; the race detector takes most of it
)

// TestChaos throws at a running server whatever somebody without a name can send.
// Meanwhile clients that behave have each of their messages echoed, in order and within
// longestReply; and afterwards nothing of it is left.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	defer func() {
		if t.Failed() {
			t.Logf("the same again: go test ./cmd/linger -run TestChaos -chaos=%v -chaos-seed=%d", *chaos, seed)
		}
	}()
	v := startVictim(t)
	warmUp(t, v)
	before := v.footprint()
	echoed, thrown := riot(t, v, seed)
	t.Logf("%d assaults, and meanwhile %d messages echoed, the slowest burst in %v; %v before, %v right after",
		thrown, echoed, v.slowest.spent, before, v.footprint())
	if echoed < 10 {
		t.Errorf("this proves nothing: %d messages are too few", echoed)
	}
	if v.slowest.spent > longestReply {
		t.Errorf("a burst of messages is echoed within %v; one took %v", longestReply, v.slowest.spent)
	}
	v.recovers(before)
	v.end()
}

// riot lets all of them loose until the time is over and every assault has been thrown.
func riot(t *testing.T, v *victim, seed uint64) (echoed, thrown int64) {
	ctx, cancel := context.WithTimeout(t.Context(), *chaos)
	defer cancel()
	var all sync.WaitGroup
	var echoes, throws atomic.Int64
	for i := range goodClients {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() {
			for ok := true; ok && ctx.Err() == nil; {
				var n int64
				n, ok = behave(ctx, t, v, r)
				echoes.Add(n)
			}
		})
	}
	for i := range assailants {
		a := assailant{t, v.address, rand.New(rand.NewPCG(seed, uint64(goodClients+i)))}
		all.Go(func() {
			for n := i; n < len(assaults) || ctx.Err() == nil; n += assailants {
				pick := n // those that fall to this one first, so that none is left out
				if n >= len(assaults) {
					pick = a.r.IntN(len(assaults))
				}
				assaults[pick].act(a)
				throws.Add(1)
			}
		})
	}
	all.Wait()
	return echoes.Load(), throws.Load()
}

// warmUp lets what is made once be made.
func warmUp(t *testing.T, v *victim) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var all sync.WaitGroup
	for i := range 2 * goodClients {
		all.Go(func() { behave(ctx, t, v, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	all.Wait()
}

// behave is a client that does as it should, for some dozens of messages: it returns how
// many it has had echoed, and whether everything was as it should be.
func behave(ctx context.Context, t *testing.T, v *victim, r *rand.Rand) (echoed int64, ok bool) {
	c, err := testclient.Dial("http://" + v.address + "/")
	if err != nil {
		t.Errorf("a client that behaves is let in; got %v", err)
		return 0, false
	}
	defer c.Cut()
	for last := r.Int64N(200); echoed == 0 || echoed < last && ctx.Err() == nil; {
		began := time.Now()
		n, err := burst(c, echoed, r)
		if err != nil {
			t.Errorf("a client that behaves has its messages echoed, in order; %v", err)
			return echoed, false
		}
		v.slowest.note(time.Since(began))
		echoed += n
	}
	return echoed, partInPeace(t, c)
}

// burst sends some messages at once, and waits for their echoes.
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
			return 0, fmt.Errorf("instead of %.20q there is %w", want, err)
		}
		if got != "text "+want {
			return 0, fmt.Errorf("instead of %.20q there is %.40q", want, got)
		}
	}
	return int64(len(messages)), nil
}

// partInPeace closes a connection as it should be closed.
func partInPeace(t *testing.T, c *testclient.Client) bool {
	problem := c.Close(1000, "done")
	for _, want := range []string{"close 1000 done", "EOF"} {
		if got, err := c.Receive(); err != nil || got != want {
			problem = errors.Join(problem, err, fmt.Errorf("instead of %q there is %q", want, got))
		}
	}
	if problem != nil {
		t.Errorf("a connection ends as it should; %v", problem)
	}
	return problem == nil
}

// slowest keeps the longest of some times.
type slowest struct {
	mu    sync.Mutex
	spent time.Duration
}

func (s *slowest) note(spent time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent = max(s.spent, spent)
}
