//go:build linux

package handover_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/handover"
)

var schedules = flag.Int("schedules", 50, "how many random schedules the tests of a failure try")

// outcome is what a schedule has come to.
type outcome struct {
	old      *modelOld
	new      *modelNew
	sources  []*source
	report   handover.Report
	giveErr  error
	takeErr  error
	lossless bool // the hand-over was complete, so that every operation must have arrived
}

// plan sets what happens at the step of a schedule.
type plan func(w *world, old, successor *net.UnixConn, random *rand.Rand, o *handover.GiveOptions)

// runSchedule hands connections over while both processes do operations, some connections have an event in progress, and the plan's fault comes.
func runSchedule(t *testing.T, seed uint64, p plan) outcome {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a schedule
	oldConn, newConn := pair(t)
	w := &world{failAt: 1 + random.Int64N(1<<(1+random.IntN(12)))}
	old := &modelOld{world: w, conns: make(map[string]*modelConn), changed: make(chan struct{}, 1)}
	successor := &modelNew{world: w, conns: make(map[string]*modelConn), serving: make(chan struct{})}
	var ids []string
	for i := range 1 + random.IntN(12) {
		id := fmt.Sprintf("c%02d", i)
		ids = append(ids, id)
		old.conns[id] = &modelConn{busy: random.IntN(3) == 0}
	}
	stopOld, stopNew, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var oldTraffic, newTraffic, completing sync.WaitGroup
	o := handover.GiveOptions{Linger: func(context.Context) error { // in the old process nothing happens after the last round
		close(stopOld)
		oldTraffic.Wait()
		return nil
	}}
	if p != nil {
		p(w, oldConn, newConn, random, &o)
		if w.fault != nil { // calls are counted only
			w.failAt = 1 + random.Int64N(int64(8+3*len(ids)))
		}
	}
	sources := []*source{{name: "o1"}, {name: "o2"}, {name: "n1"}, {name: "n2"}}
	for i, s := range sources {
		if i < 2 {
			oldTraffic.Go(func() { s.run(seed+uint64(i), ids, stopOld, old.do, w) }) //nolint:gosec // small
			continue
		}
		newTraffic.Go(func() {
			select {
			case <-successor.serving:
				s.run(seed+uint64(i), ids, stopNew, successor.do, w) //nolint:gosec // small
			case <-ended:
			}
		})
	}
	completing.Go(func() {
		for _, id := range ids {
			time.Sleep(time.Duration(random.IntN(500)) * time.Microsecond)
			old.complete(id)
		}
	})

	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	r := outcome{old: old, new: successor, sources: sources}
	var taking sync.WaitGroup
	taking.Go(func() { r.takeErr = handover.Take(ctx, newConn, successor, handover.TakeOptions{}) })
	r.report, r.giveErr = handover.Give(ctx, oldConn, old, o)
	taking.Wait()
	if !r.report.Committed {
		close(stopOld)
	}
	close(stopNew)
	close(ended)
	oldTraffic.Wait()
	newTraffic.Wait()
	completing.Wait()
	r.lossless = r.giveErr == nil && r.takeErr == nil
	if err := context.Cause(ctx); err != nil {
		t.Errorf("seed %d: %v: Give has returned %v and Take %v", seed, err, r.giveErr, r.takeErr)
	}
	return r
}

// check checks that each connection has one owner, and what operations it has got. If the old process has ended, it checks what has moved only.
func (r outcome) check(t *testing.T, seed uint64) {
	t.Helper()
	for _, text := range r.new.wrong {
		t.Errorf("seed %d: %s", seed, text)
	}
	for id, o := range r.old.conns {
		n := r.new.conns[id]
		oldOwns, newOwns := o.state == live, n != nil && n.state == live
		if r.old.crashed.Load() {
			if !newOwns {
				continue
			}
		} else if oldOwns == newOwns {
			t.Errorf("seed %d: connection %s is owned by the old process: %v (%v), and by the new one: %v; Give has returned %v and Take %v", seed, id, oldOwns, o.state, newOwns, r.giveErr, r.takeErr)
			continue
		}
		log := o.log
		if newOwns {
			log = n.log
		}
		for _, s := range r.sources {
			r.checkLog(t, seed, id, s, log)
		}
	}
	if !r.old.crashed.Load() && !r.report.Committed && (r.giveErr == nil || r.takeErr == nil) {
		t.Errorf("seed %d: the hand-over is not complete, but Give returns %v and Take %v", seed, r.giveErr, r.takeErr)
	}
}

func (r outcome) checkLog(t *testing.T, seed uint64, id string, s *source, log []entry) {
	t.Helper()
	var got []entry
	for _, e := range log {
		if e.source == s.name {
			got = append(got, e)
		}
	}
	want := s.want[id]
	if r.lossless || !r.report.Committed && !r.old.crashed.Load() { // without a second process, nothing can be lost
		if !slices.Equal(got, want) {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Errorf("seed %d: connection %s has got %d operations of %s, expected %d; from index %d on %v, expected %v", seed, id, len(got), s.name, len(want), at, got[at:], want[at:])
		}
		return
	}
	for _, e := range got {
		i := slices.Index(want, e)
		if i < 0 {
			t.Errorf("seed %d: connection %s has got operation %v twice or out of order: %v", seed, id, e, got)
			return
		}
		want = want[i+1:]
	}
}

// TestSchedules checks that without a fault everything moves, and that no operation is lost, doubled or out of order.
func TestSchedules(t *testing.T) {
	for seed := range uint64(*schedules) { //nolint:gosec // positive
		r := runSchedule(t, seed, nil)
		if !r.lossless || r.report.Moved != len(r.old.conns) || r.report.Lost > 0 {
			t.Fatalf("seed %d: Give returns %+v, %v and Take %v", seed, r.report, r.giveErr, r.takeErr)
		}
		r.check(t, seed)
		if t.Failed() {
			return
		}
	}
}

// TestSchedulesWithFault checks that at each failure, at any moment, each connection has exactly one owner.
func TestSchedulesWithFault(t *testing.T) {
	fault := errors.New("fault of the test")
	plans := map[string]plan{
		"the old process ends": func(w *world, old, _ *net.UnixConn, _ *rand.Rand, _ *handover.GiveOptions) {
			w.fail = func() {
				w.crashed.Store(true)
				_ = old.Close()
			}
		},
		"the old process cannot read": func(w *world, old, _ *net.UnixConn, _ *rand.Rand, _ *handover.GiveOptions) {
			w.fail = func() { _ = old.CloseRead() }
		},
		"the new process loses the link": func(w *world, _, successor *net.UnixConn, _ *rand.Rand, _ *handover.GiveOptions) {
			w.fail = func() { _ = successor.Close() }
		},
		"the old process cannot write": func(w *world, old, _ *net.UnixConn, _ *rand.Rand, _ *handover.GiveOptions) {
			w.fail = func() { _ = old.CloseWrite() }
		},
		"the new process cannot write": func(w *world, _, successor *net.UnixConn, _ *rand.Rand, _ *handover.GiveOptions) {
			w.fail = func() { _ = successor.CloseWrite() }
		},
		"a call fails": func(w *world, _, _ *net.UnixConn, _ *rand.Rand, _ *handover.GiveOptions) {
			w.fault = func() error { return fault }
		},
		"a call hangs": func(w *world, _, _ *net.UnixConn, random *rand.Rand, o *handover.GiveOptions) {
			hang := time.Duration(random.IntN(60)) * time.Millisecond
			w.fault = func() error {
				time.Sleep(hang)
				return nil
			}
			o.ReadyTimeout, o.SettleTimeout, o.RoundTimeout = 30*time.Millisecond, 30*time.Millisecond, 30*time.Millisecond
		},
		"events are given up": func(_ *world, _, _ *net.UnixConn, _ *rand.Rand, o *handover.GiveOptions) {
			o.DrainTimeout = 100 * time.Microsecond
		},
	}
	for name, p := range plans {
		t.Run(name, func(t *testing.T) {
			committed := 0
			for seed := range uint64(*schedules) { //nolint:gosec // positive
				r := runSchedule(t, seed, p)
				if r.check(t, seed); t.Failed() {
					return
				}
				if r.report.Committed {
					committed++
				}
				if name == "events are given up" && !r.lossless {
					t.Fatalf("seed %d: Give returns %+v, %v and Take %v, expected that everything moves", seed, r.report, r.giveErr, r.takeErr)
				}
			}
			t.Logf("%d of %d hand-overs were committed", committed, *schedules)
		})
	}
}
