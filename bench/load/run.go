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

// generator implements a kind of work.
type generator interface {
	begin(to netip.AddrPort) error     // opens the connections and sends the first messages
	send() error                       // sends the messages that are due, if any
	handle(c *conn, data []byte) error // handles received data
	count() *tally                     // returns the counters
}

// tally counts finished units and their latency.
type tally struct {
	units   int64
	latency histogram
}

func (t *tally) count() *tally { return t }

// send does nothing. It is for generators that send only when an answer arrives.
func (t *tally) send() error { return nil }

// Run applies a work to the server at an address, which is the process pid with its
// descendants, and returns the measured costs. It returns an error if an answer is wrong or missing.
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
		return Sample{}, fmt.Errorf("unknown kind of work %q", w.Kind)
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

// runFor runs the work for the duration d, and longer if no unit was finished. It returns an
// error if there is none within the timeout after that.
func (l *loop) runFor(d time.Duration, g generator) error {
	end := time.Now().Add(d)
	last, deadline := g.count().units, end.Add(l.timeout)
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
			return fmt.Errorf("%w for %v", errSilent, d+l.timeout)
		}
	}
}

var errSilent = errors.New("the server does not answer")

// reading has the CPU times of the server with its children, of this process and of the machine.
type reading struct {
	server, own, machine time.Duration
	err                  error
}

func clocks(pid int) reading {
	server, err1 := TreeCPU(pid)
	own, err2 := CPU(os.Getpid())
	machine, err3 := busy()
	return reading{server, own, machine, errors.Join(err1, err2, err3)}
}

// others returns the CPU time that other processes have used since an earlier reading.
func (r reading) others(since reading) time.Duration {
	return max(0, (r.machine-since.machine)-(r.server-since.server)-(r.own-since.own))
}
