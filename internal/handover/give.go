package handover

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// The defaults of GiveOptions, and bounds that have no option.
const (
	defaultReadyTimeout  = 30 * time.Second
	defaultSettleTimeout = 10 * time.Second
	defaultRoundTimeout  = 10 * time.Second
	defaultDrainTimeout  = 30 * time.Second
	exitTimeout          = time.Second     // until the link ends after the new process has ended
	finishTimeout        = 5 * time.Second // until the new process has answered that nothing more will be forwarded
)

// Give hands connections over to the process at the other end of conn, and closes conn. It returns when nothing is left in this
// process, or with an error.
//
// If Report.Committed is false, the hand-over has failed before anything has moved: the new process has been killed, and everything goes on
// here. If it is true, the new process has taken over. An error means then that the link has been lost: what
// had not moved remained here until Linger has returned.
//
// When ctx is done before the first round has been committed, the hand-over fails; later it has no effect but on Linger.
func Give(ctx context.Context, conn *net.UnixConn, g Giver, o GiveOptions) (Report, error) {
	s, err := newGiving(conn, g, o)
	if err != nil {
		return Report{}, err
	}
	err = s.run(ctx)
	s.link.end()
	<-s.ended
	return s.result(), err
}

// Probe asks the process at the other end of conn whether it could take over: it waits for its hello and until it is ready, and
// closes conn. Of the options it uses Version, ReadyTimeout, Kill, Exited and Progress; it calls Kill in any case.
func Probe(ctx context.Context, conn *net.UnixConn, o GiveOptions) (Report, error) {
	s, err := newGiving(conn, nil, o)
	if err != nil {
		return Report{}, err
	}
	ctx, cancel := s.live(ctx)
	defer cancel()
	err = s.greet(ctx, true)
	s.link.end()
	<-s.ended
	s.kill()
	return s.result(), err
}

// giving is a hand-over in the old process. Two goroutines use it: that of Give, and that of readLoop.
type giving struct {
	link    *link
	g       Giver
	o       GiveOptions
	started time.Time
	control chan *message // what readLoop has received, except for operations
	ended   chan struct{} // closed when readLoop has ended
	endErr  error         // why; valid after ended

	// Used by the goroutine of Give only.
	report Report
	phase  Phase
	left   int // connections that could not be frozen yet

	announced, frozen atomic.Int64 // connections sent: before the first round, and in this round
	asked             atomic.Int64 // the round whose Commit has been sent
	ops, lost         atomic.Int64
	ready, rounding   atomic.Bool // the new process is ready; the first round has begun

	paused time.Time // the beginning of the first round, set before Commit is sent

	mu        sync.Mutex // guards what follows, which readLoop changes
	committed int        // the last round that has been committed
	moved     int
	pause     time.Duration
}

func newGiving(conn *net.UnixConn, g Giver, o GiveOptions) (*giving, error) {
	l, err := newLink(conn)
	if err != nil {
		return nil, err
	}
	setDefault(&o.ReadyTimeout, defaultReadyTimeout)
	setDefault(&o.SettleTimeout, defaultSettleTimeout)
	setDefault(&o.RoundTimeout, defaultRoundTimeout)
	setDefault(&o.DrainTimeout, defaultDrainTimeout)
	s := &giving{link: l, g: g, o: o, started: time.Now(), control: make(chan *message, 8), ended: make(chan struct{})}
	go s.readLoop()
	return s, nil
}

func setDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}

// result returns the report.
func (s *giving) result() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.report
	r.Committed, r.Rounds, r.Moved, r.Pause = s.committed > 0, s.committed, s.moved, s.pause
	r.Announced, r.Ops, r.Lost = int(s.announced.Load()), int(s.ops.Load()), int(s.lost.Load())
	r.Bytes, r.Total = s.link.sent(), time.Since(s.started)
	return r
}

func (s *giving) run(ctx context.Context) error {
	err := s.untilCommitted(ctx)
	if s.stopped(err) && s.lastRound() == 0 {
		s.kill()
		if s.ready.Load() {
			s.g.RollBack()
		}
		return err
	}
	if err == nil {
		err = s.drain()
	}
	s.begin(PhaseLinger)
	if s.o.Linger != nil {
		if lingerErr := s.o.Linger(ctx); lingerErr != nil {
			err = errors.Join(err, s.failed(ctx, lingerErr))
		}
	}
	if err != nil {
		return err
	}
	return s.finish()
}

// stopped ends the link if there is an error. After that the new process cannot write Committed to it, and lastRound returns what it has written before.
func (s *giving) stopped(err error) bool {
	if err == nil {
		return false
	}
	s.link.fail(err)
	<-s.ended
	return true
}

// lastRound returns the last round that has been committed, or 0.
func (s *giving) lastRound() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.committed
}

func (s *giving) kill() {
	if s.o.Kill != nil {
		s.o.Kill()
	}
}

// begin begins a phase.
func (s *giving) begin(p Phase) {
	s.phase = p
	if s.o.Progress != nil {
		s.o.Progress(p, s.result())
	}
}

// forward is what Giver.Commit forwards operations with.
func (s *giving) forward(op Op) error {
	err := s.link.queue(&message{kind: kindOp, op: op})
	if err != nil {
		s.lost.Add(1)
	} else {
		s.ops.Add(1)
	}
	return err
}

// send is what Giver.Announce and Giver.Freeze send connections with.
func (s *giving) send(c Connection) error {
	m, counter := &message{kind: kindAnnounce, id: c.ID, state: c.State, gone: c.Gone}, &s.announced
	if c.Gone {
		return s.link.queue(m)
	}
	if s.rounding.Load() {
		m.kind, counter = kindMoved, &s.frozen
	}
	err := s.link.send(m, c.File)
	if err == nil && c.ID != "" { // without an ID it is the state of the application
		counter.Add(1)
	}
	return err
}
