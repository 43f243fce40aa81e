package driver

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// loop watches descriptors and hands what they are ready for to their drivers, one
// after the other, on one goroutine. docs/io.md has the picture and its figures.
type loop struct {
	epoll  int
	waiter syscall.RawConn // the same, for the runtime's poller

	// phase is odd while a driver is at work, and moves on with each. Who moves it from
	// an odd number owns the loop: its runner when the driver is done, or the overseer
	// when it is not for too long.
	phase  atomic.Uint64
	runner atomic.Pointer[runner] // who owned it last
}

// loops are as many as can run at once. They begin with the first connection and stay.
var loops struct {
	sync.Once
	all  []*loop
	next atomic.Uint32
	err  error
}

// drivers finds the driver of a descriptor. A number that another connection has taken
// over meanwhile brings that one news that is none, which does no harm.
var drivers table

// assign has one of the loops watch a descriptor. It tells of everything there is at
// first, and of each change.
func assign(w *watched, d *Driver) error {
	if loops.Do(startLoops); loops.err != nil {
		return loops.err
	}
	l := loops.all[int(loops.next.Add(1))%len(loops.all)]
	w.loop = l
	drivers.set(w.fd, d)
	event := unix.EpollEvent{Events: interest, Fd: w.fd}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, int(w.fd), &event); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

// interest is asked for once: edges, so that a connection costs no call to be watched on.
const interest = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

// lastNews are the events behind which no other comes.
const lastNews = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR

func startLoops() {
	for range runtime.GOMAXPROCS(0) {
		epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			loops.err = os.NewSyscallError("epoll_create1", err)
			return
		}
		l := &loop{epoll: epoll}
		if l.waiter, err = waiterFor(epoll); err != nil {
			loops.err = err
			return
		}
		loops.all = append(loops.all, l)
		go newRunner(l).run()
	}
	go oversee(loops.all)
}

// waiterFor lets goroutines wait for an epoll descriptor as for a connection: a thread
// that waits within a system call would have to be replaced, and to find its way back.
func waiterFor(epoll int) (syscall.RawConn, error) {
	if err := unix.SetNonblock(epoll, true); err != nil { // or the runtime does not poll it
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(epoll), "epoll").SyscallConn()
}

// forget ends the watch of a descriptor that is about to be closed.
func (l *loop) forget(w *watched) { drivers.set(w.fd, nil) }

// runner is a goroutine that runs a loop, with what belongs to it. When the overseer
// takes the loop away from it, it finishes the driver it is at and ends.
type runner struct {
	loop    *loop
	scratch *scratch
	events  [128]unix.EpollEvent
	ready   int                // how many of them there are
	next    int                // the one to be handled next
	again   []*Driver          // that have more to read than a turn allows
	driver  *Driver            // the one at work
	phase   uint64             // of the loop, when that began
	look    func(uintptr) bool // poll, bound once so that waiting allocates nothing
	now     time.Duration      // when it began
}

func newRunner(l *loop) *runner {
	r := &runner{loop: l}
	r.look = func(uintptr) bool { return r.poll() }
	r.scratch = newScratch()
	r.scratch.overseen = func() bool { return l.phase.Load() == r.phase }
	l.runner.Store(r)
	return r
}

// run handles what is ready until the loop is taken away, or a handler ends its
// goroutine.
func (r *runner) run() {
	ended := false
	defer func() {
		if !ended {
			r.loop.handOver(r.phase) // unless the overseer has done so
		}
		scratches.Put(r.scratch)
	}()
	for !ended {
		ended = !r.turn()
	}
}

// turn handles what is ready and waits for more. It returns false if the loop is lost.
func (r *runner) turn() bool {
	for r.next < r.ready {
		if !r.handleEvent() {
			return false
		}
	}
	if !r.handleAgain() {
		return false
	}
	r.wait()
	return true
}

// handleEvent handles the next event. It returns false if the loop is lost.
func (r *runner) handleEvent() bool {
	event := &r.events[r.next]
	r.next++
	d := drivers.get(event.Fd)
	return d == nil || r.handle(d, event.Events&lastNews != 0)
}

// handleAgain gives those with more to read a turn.
func (r *runner) handleAgain() bool {
	for n := len(r.again); n > 0; n-- {
		d := r.again[0]
		r.again = r.again[1:]
		if !r.handle(d, false) {
			return false
		}
	}
	if len(r.again) == 0 {
		r.again = nil
	}
	return true
}

// handle has a driver do its work, here as long as that is expected to be quick.
func (r *runner) handle(d *Driver, ended bool) bool {
	if !pace.quick() {
		go handleAside(d, ended)
		return true
	}
	r.driver = d
	phase := r.loop.phase.Add(1)
	r.phase = phase
	wakeOverseer() // after the phase has moved, which it looks at before it sleeps
	more := d.ready(r.scratch, ended)
	now := sinceStart()
	pace.note(now - r.now)
	r.now = now
	if !r.loop.phase.CompareAndSwap(phase, phase+1) {
		if more {
			handleAside(d, false)
		}
		return false
	}
	if more {
		r.again = append(r.again, d)
	}
	return true
}

// handleAside is for drivers whose handlers take long.
func handleAside(d *Driver, ended bool) {
	s := newScratch()
	defer scratches.Put(s)
	for d.ready(s, ended) {
	}
}

// wait gets the next events. Others have their turn before.
func (r *runner) wait() {
	r.next, r.ready = 0, 0
	runtime.Gosched()
	if len(r.again) > 0 {
		r.poll()
	} else {
		_ = r.loop.waiter.Read(r.look) // fails for a closed file only, which this is never
	}
	r.now = sinceStart()
}

// poll tells whether something is ready.
func (r *runner) poll() bool {
	n, err := unix.EpollWait(r.loop.epoll, r.events[:], 0)
	if err != nil && !errors.Is(err, unix.EINTR) {
		time.Sleep(time.Millisecond) // not while the descriptor is ours; a broken loop must not spin
	}
	r.ready = max(0, n)
	return r.ready > 0
}

var start = time.Now()

func sinceStart() time.Duration { return time.Since(start) }
