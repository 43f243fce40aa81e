package driver

import (
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/internal/latch"
)

// loopSet holds the event loops of a [LoopGroup], and what they share.
type loopSet struct {
	table   descriptorTable
	offload offloadPolicy
	wheel   timerWheel
	monitor monitor

	mu      sync.Mutex // guards what follows
	all     []*eventLoop
	turn    int         // the loop that gets the next connection, modulo their number
	conns   int         // connections that have been added and not removed
	running int         // loops that have not ended
	stopped bool        // stop has been called
	ended   bool        // stop has been called, and no goroutine is left
	done    latch.Latch // released when ended is set
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

// pollEvents are edge-triggered and for both directions, so that a connection needs one call
// of epoll_ctl for its whole life.
const pollEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

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
