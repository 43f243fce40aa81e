package driver

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/websocket/internal/uring"
)

// loopSet holds the event loops of a [LoopGroup], and what they share.
type loopSet struct {
	table   descriptorTable
	offload offloadPolicy
	wheel   timerWheel
	monitor monitor

	mu         sync.Mutex // guards what follows
	all        []*eventLoop
	turn       int           // the loop that gets the next connection, modulo their number
	conns      int           // connections that have been added and not removed
	running    int           // loops that have not ended
	ringsTried bool          // a connection has wanted a ring, so the loops have got theirs, or ringErr is set
	ringErr    error         // why there are no rings although a connection wanted one
	free       []*uring.Ring // for Deliver: those that are not in use
	lent       int           // rings for Deliver that are in use
	stopped    bool          // stop has been called
	quit       bool          // stop has been called, and no goroutine is left
	ended      bool          // quit, and no ring is in use
	done       latch.Latch   // released when ended is set
}

// add assigns a connection to one of the loops, which it starts for the first one. It
// returns nil if the set is stopped, or the system has no descriptors for the loops.
func (s *loopSet) add() *eventLoop {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || len(s.all) == 0 && s.start() != nil {
		return nil
	}
	s.conns++
	s.turn++
	return s.all[s.turn%len(s.all)]
}

// remove is called once for each connection that was added, when it is closed.
func (s *loopSet) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns--
	s.endUnused()
}

// start starts the loops. mu is held.
func (s *loopSet) start() error {
	var all []*eventLoop
	for range runtime.GOMAXPROCS(0) {
		l, err := newEventLoop(s)
		if err != nil {
			for _, l := range all {
				_ = l.file.Close()
			}
			return err
		}
		all = append(all, l)
	}
	s.all, s.running = all, len(all)
	s.monitor.start(all, s.setEnded)
	for _, l := range all {
		go newLoopOwner(l).run()
	}
	return nil
}

// stop ends the loops as soon as there are no connections.
func (s *loopSet) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.stopped = true
	if len(s.all) == 0 {
		s.ended = true
		s.done.Release()
		return
	}
	s.endUnused()
}

// endUnused closes the descriptors of the loops of a stopped set without connections,
// which ends their goroutines. mu is held.
func (s *loopSet) endUnused() {
	if !s.stopped || s.conns > 0 {
		return
	}
	for _, l := range s.all {
		_ = l.file.Close()
	}
}

// addBatched is add for a connection whose writes an io_uring is to carry out. It reports whether there is one.
func (s *loopSet) addBatched() (loop *eventLoop, batched bool) {
	if loop = s.add(); loop == nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ringsTried {
		s.ringsTried = true
		s.ringErr = s.makeRings()
	}
	return loop, s.ringErr == nil
}

func (s *loopSet) ringError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ringErr
}

// makeRings makes a ring for each loop, and as many for goroutines that deliver to many connections. mu is held.
func (s *loopSet) makeRings() error {
	if err := uring.Available(); err != nil {
		return err
	}
	for range 2 * len(s.all) {
		ring, err := uring.New(maxHeld)
		if err != nil {
			s.closeRings()
			return err
		}
		s.free = append(s.free, ring)
	}
	for i, l := range s.all {
		l.ring.Store(s.free[i])
	}
	s.free = s.free[len(s.all):]
	return nil
}

// closeRings closes the rings that are not in use. mu is held, and the loops have ended or have no rings.
func (s *loopSet) closeRings() {
	for _, l := range s.all {
		if ring := l.ring.Swap(nil); ring != nil {
			_ = ring.Close()
		}
	}
	for _, ring := range s.free {
		_ = ring.Close()
	}
	s.free = nil
}

// loopEnded follows the end of one loop. With the last one the monitor ends.
func (s *loopSet) loopEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running--; s.running == 0 {
		close(s.monitor.quit)
	}
}

// setEnded follows the end of the last goroutine.
func (s *loopSet) setEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quit = true
	s.endUnlent()
}

// endUnlent ends a set that has no goroutines, unless a ring is in use. mu is held.
func (s *loopSet) endUnlent() {
	if !s.quit || s.lent > 0 {
		return
	}
	s.closeRings()
	s.ended = true
	s.done.Release()
}

func (s *loopSet) doneChannel() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return latch.Released
	}
	return s.done.Next()
}

// pollEvents are edge-triggered. Room for output is not one of them until a write has found too little: epoll would report
// it once more for each connection that begins, and for each that ends its direction.
const pollEvents = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

// terminalEvents are those after which epoll reports nothing further for a descriptor.
const terminalEvents = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR

// watch makes the loop of a connection report its readiness: at first whatever there is,
// and then each change.
func (s *loopSet) watch(t *epollTransport) error {
	s.table.set(t.fd, t)
	event := unix.EpollEvent{Events: pollEvents, Fd: t.fd}
	if err := unix.EpollCtl(t.loop.epoll, unix.EPOLL_CTL_ADD, int(t.fd), &event); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

// watchAgain makes the loop report again what it has reported while the descriptor had no transport in the table.
func (s *loopSet) watchAgain(t *epollTransport) error {
	s.table.set(t.fd, t)
	event := unix.EpollEvent{Events: pollEvents, Fd: t.fd}
	if err := unix.EpollCtl(t.loop.epoll, unix.EPOLL_CTL_MOD, int(t.fd), &event); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

// watchRoom makes the loop report room for output too: at once if there is some, and then whenever the kernel has room again.
// It does nothing before watch.
func (s *loopSet) watchRoom(t *epollTransport) {
	event := unix.EpollEvent{Events: pollEvents | unix.EPOLLOUT, Fd: t.fd}
	_ = unix.EpollCtl(t.loop.epoll, unix.EPOLL_CTL_MOD, int(t.fd), &event) // fails only before watch
}

// offloadPolicy decides where handlers are called: inline, which means by the event loop
// and spares a goroutine for each batch of input, or on separate goroutines. They are
// offloaded for a number of batches when many calls are slow. Then inline calls are tried
// again; if these are slow too, the number doubles.
type offloadPolicy struct {
	score     atomic.Int32 // rises with each slow call, falls with each quick one
	remaining atomic.Int32 // batches to be offloaded before the next inline call
	backoff   atomic.Int32 // batches that were offloaded last
}

const (
	// slowCall is a hundred times what a goroutine costs.
	slowCall = 100 * time.Microsecond

	// A slow call weighs as much as four quick ones, and the score of four slow calls is
	// the limit: a garbage collection or the scheduler of the system makes single calls slow.
	slowWeight = 4
	slowLimit  = 4 * slowWeight

	minOffload = 32
	maxOffload = 1 << 14
)

// callInline reports whether the event loop may call the next handler itself.
func (p *offloadPolicy) callInline() bool {
	return p.remaining.Load() <= 0 || p.remaining.Add(-1) < 0
}

// record takes the duration of an inline call into account.
func (p *offloadPolicy) record(took time.Duration) {
	switch {
	case took > slowCall:
		p.recordSlow()
	case p.score.Load() > 0:
		p.score.Add(-1)
	case p.backoff.Load() > 0:
		p.backoff.Store(p.backoff.Load() / 2)
	}
}

// recordSlow takes a slow inline call into account.
func (p *offloadPolicy) recordSlow() {
	if p.score.Add(slowWeight) < slowLimit {
		return
	}
	p.score.Store(slowLimit - slowWeight) // at the next attempt one slow call reaches the limit
	batches := min(maxOffload, max(minOffload, 2*p.backoff.Load()))
	p.backoff.Store(batches)
	p.remaining.Store(batches)
}

// monitor replaces the owners of event loops whose handlers block. It looks at the phase of
// each loop at every tick, as long as any of them has something to do.
type monitor struct {
	asleep atomic.Bool
	wake   chan struct{} // holds a token when a loop has work again
	quit   chan struct{} // closed when all loops have ended
}

const (
	// monitorTick is the time between two looks. A handler that blocks delays the other
	// connections of its loop by two ticks at most.
	monitorTick = time.Millisecond

	// idleTicks is the number of ticks without work after which the monitor sleeps.
	idleTicks = 3
)

// start monitors the loops on a goroutine, which calls ended at its end.
func (m *monitor) start(loops []*eventLoop, ended func()) {
	m.wake, m.quit = make(chan struct{}, 1), make(chan struct{})
	go m.run(loops, ended)
}

// wakeUp makes the monitor look at the loops if it sleeps.
func (m *monitor) wakeUp() {
	if m.asleep.Load() && m.asleep.CompareAndSwap(true, false) {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

func (m *monitor) run(loops []*eventLoop, ended func()) {
	defer ended()
	seen := make([]uint64, len(loops))
	for idle := 0; ; idle++ {
		if idle == idleTicks {
			m.asleep.Store(true) // before the last look, so that no work is missed
		}
		if idle > idleTicks {
			select {
			case <-m.wake:
			case <-m.quit:
				return
			}
			idle = 0
		}
		time.Sleep(monitorTick)
		if replaceLate(loops, seen) {
			m.wakeUp()
			idle = 0
		}
	}
}

// replaceLate replaces the owners that handle the same connection as at the last look. It
// reports whether any loop has changed its phase since; seen has the phases of the last look.
func replaceLate(loops []*eventLoop, seen []uint64) (changed bool) {
	for i, l := range loops {
		phase := l.phase.Load()
		if phase%2 == 1 && phase == seen[i] {
			l.replaceOwner(phase)
		}
		changed = changed || phase != seen[i]
		seen[i] = phase
	}
	return changed
}

// replaceOwner replaces the owner that is in this phase, unless the phase is over. The
// replacement gets the events that the owner has not handled. What its handler has sent so
// far leaves.
func (l *eventLoop) replaceOwner(phase uint64) {
	old := l.owner.Load()
	if !l.phase.CompareAndSwap(phase, phase+1) {
		return
	}
	next := newLoopOwner(l)
	next.events, next.reported, next.next = old.events, old.reported, old.next
	next.again, next.held = old.again, old.held
	go next.run()
	l.set.offload.recordSlow()
	old.handling.cutBatch()
}
