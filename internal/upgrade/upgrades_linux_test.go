package upgrade

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

var (
	upgradeCount   = flag.Int("replacements", 30, "the number of upgrades of TestUpgrades, five of which are to broken binaries")
	upgradeCrowd   = flag.Int("crowd", 54, "the number of connections of TestUpgrades")
	isolation      = flag.String("isolation", "none", "where the engines of TestUpgrades run: none, in the process of linger, or process")
	upgradeTrouble = flag.Bool("trouble", true, "reload the application of TestUpgrades, and make it crash, at the same time")
)

// TestUpgrades replaces the binary again and again while connections have traffic of all kinds, and the application is reloaded and
// crashes. Some of the binaries are broken: they fail while they start, in the middle of the hand-over, or to load the application.
// No connection may end, no message may be lost, doubled or out of order, no data or subscription forgotten; at the end there is one
// process, with as many descriptors as the first one had.
func TestUpgrades(t *testing.T) {
	n := *upgradeCount
	if testing.Short() {
		n = 8
	}
	x := newChaos(t, n)
	first := descriptors(x.s.first)
	x.c = gather(t, x.s, *upgradeCrowd, 60*time.Millisecond)
	x.c.start()
	var troubles sync.WaitGroup
	if *upgradeTrouble {
		troubles.Go(x.reloads)
		troubles.Go(x.crashes)
	}
	troubles.Go(x.visits)
	errors := faults(*upgradeCrowd)
	errors["application"] = "cannot be loaded"
	began := time.Now()
	x.upgrades(n, []string{"exit", "hang", "version", x.half("crash-moved"), "application"}, errors)
	took := time.Since(began)
	close(x.stop)
	troubles.Wait()
	x.c.finish()
	x.c.check()
	x.c.leave()
	x.s.expectOneProcess()
	x.expectBaseline(first)
	x.s.expectCleanLog()
	x.figures(n, took)
}

// TestBrokenBinaries has each kind of broken binary once.
func TestBrokenBinaries(t *testing.T) {
	x := newChaos(t, 0)
	x.c = gather(t, x.s, 18, 30*time.Millisecond)
	x.c.start()
	errors := faults(len(x.c.visitors))
	for fault, mention := range errors {
		x.s.failUpgrade(x.broken+"/"+fault, mention)
	}
	x.s.upgrade("")
	x.c.finish()
	x.c.check()
	x.c.leave()
	x.s.expectCleanLog()
}

// newChaos starts a server.
func newChaos(t *testing.T, upgrades int) *chaos {
	t.Helper()
	x := &chaos{t: t, version: 1, stop: make(chan struct{})}
	connections := *upgradeCrowd
	if upgrades == 0 {
		connections = 18
	}
	x.broken = buildBroken(t, faults(connections))
	x.s = start(t, "--workers=2", "--compression", "--half-open-timeout=10m", "--event-timeout=1s", "--memory=16MiB",
		"--handover-timeout=10s", "--isolation="+*isolation)
	return x
}

func (x *chaos) half(fault string) string { return fmt.Sprint(fault, "-after-", *upgradeCrowd/2) }

// expectBaseline waits until the process that serves has about as many descriptors as the first one had, and is the only one.
func (x *chaos) expectBaseline(first []string) {
	x.t.Helper()
	now := x.s.pid()
	var last []string
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if last = descriptors(now); len(last) <= len(first)+lazyDescriptors {
			return
		}
	}
	x.t.Errorf("process %d has %d descriptors, and the first process had %d:\n%q\n%q", now, len(last), len(first), last, first)
}

// lazyDescriptors is how many descriptors a process without connections may have opened since its start: its event loops, of
// which each has a descriptor and two rings, and two others.
var lazyDescriptors = 3*runtime.GOMAXPROCS(0) + 2

// figures logs what has happened.
func (x *chaos) figures(n int, took time.Duration) {
	var answered, skipped int
	var gaps []time.Duration
	for _, v := range x.c.visitors {
		answered, skipped = answered+v.ledger.answered, skipped+len(v.ledger.skipped)
		for _, g := range v.ledger.gaps {
			gaps = append(gaps, g.took)
		}
	}
	slices.Sort(gaps)
	x.t.Logf("%d upgrades in %v; %d reloads, %d refused during an upgrade; %d crashes of the application; %d short visits",
		n, took.Round(time.Millisecond), x.counts.reloads.Load(), x.counts.refused.Load(), x.counts.crashes.Load(), x.counts.visits.Load())
	x.t.Logf("%d connections: %d messages answered, %d failed with an engine; time until an answer: %v", len(x.c.visitors), answered, skipped, percentiles(gaps))
}
