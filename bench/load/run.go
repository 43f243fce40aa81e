//go:build linux

package load

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// generator is a kind of work. What it has counted is in its tally.
type generator interface {
	begin(to netip.AddrPort) error
	send() error // what is due, if anything is
	handle(c *conn, data []byte) error
	count() *tally
}

// tally counts what is finished.
type tally struct {
	units   int64
	latency histogram
}

func (t *tally) count() *tally { return t }

// send has nothing to do where answers cause what is sent.
func (t *tally) send() error { return nil }

// Run puts the server at an address, which has that process id, under load. The error
// tells of the first answer that is wrong or does not come.
func Run(to netip.AddrPort, pid int, w Work) (Sample, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	l, err := newLoop()
	if err != nil {
		return Sample{}, err
	}
	defer l.close()
	switch w.Kind {
	case Echo:
		return l.measure(&echo{loop: l, work: w}, to, pid, w)
	case Paced:
		return l.measure(&paced{loop: l, work: w}, to, pid, w)
	case Fanout:
		return l.measure(&fanout{loop: l, work: w}, to, pid, w)
	case Churn:
		return l.measure(&churn{loop: l, work: w, to: to}, to, pid, w)
	case Idle:
		return l.idle(to, pid, w)
	default:
		return Sample{}, fmt.Errorf("no such work: %q", w.Kind)
	}
}

func (l *loop) measure(g generator, to netip.AddrPort, pid int, w Work) (Sample, error) {
	if err := g.begin(to); err != nil {
		return Sample{}, err
	}
	if err := l.runFor(w.Warm, g); err != nil {
		return Sample{}, err
	}
	before, began := clocks(pid), time.Now()
	*g.count() = tally{}
	if err := l.runFor(w.Window, g); err != nil {
		return Sample{}, err
	}
	after, t := clocks(pid), g.count()
	return Sample{
		Units: t.units, Wall: time.Since(began),
		CPU: after.server - before.server, Load: after.own - before.own, Other: after.others(before),
		P50: t.latency.quantile(0.50), P99: t.latency.quantile(0.99),
	}, errors.Join(before.err, after.err)
}

// runFor handles events for a time. It is an error when nothing is finished in so long.
func (l *loop) runFor(d time.Duration, g generator) error {
	end := time.Now().Add(d)
	last, deadline := g.count().units, end.Add(l.bound)
	for {
		if err := g.send(); err != nil {
			return err
		}
		if err := l.turn(g.handle); err != nil {
			return err
		}
		if l.now.Before(end) {
			continue
		}
		if g.count().units != last {
			return nil
		}
		if l.now.After(deadline) {
			return fmt.Errorf("%w for %v", errSilent, d+l.bound)
		}
	}
}

var errSilent = errors.New("the server does not answer")

// reading is what the clocks of both processes and of the machine say.
type reading struct {
	server, own, machine time.Duration
	err                  error
}

func clocks(pid int) reading {
	server, err1 := CPU(pid)
	own, err2 := CPU(os.Getpid())
	machine, err3 := busy()
	return reading{server, own, machine, errors.Join(err1, err2, err3)}
}

// others is what neither of the two processes has used since.
func (r reading) others(since reading) time.Duration {
	return max(0, (r.machine-since.machine)-(r.server-since.server)-(r.own-since.own))
}
