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

	"github.com/lingerws/linger/websocket/internal/uring"
)

// eventLoop waits for the readiness of descriptors with epoll and handles their
// connections one after the other, on one goroutine: its owner. docs/io.md has an overview
// and figures.
type eventLoop struct {
	set   *loopSet
	epoll int // the descriptor of file, for calls while the set has connections
	file  *os.File
	conn  syscall.RawConn            // of file
	ring  atomic.Pointer[uring.Ring] // used by the owner; nil unless a connection of the set is written to with it

	// phase is odd while the owner handles a connection. It grows by one when that begins,
	// and again when it is done. If that takes too long, the monitor makes the second step
	// instead and replaces the owner: the goroutine that changes an odd phase owns the loop.
	phase atomic.Uint64
	owner atomic.Pointer[loopOwner] // the present owner, or one that has just been replaced
}

func newEventLoop(s *loopSet) (*eventLoop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(epoll, true); err != nil { // or the runtime does not poll it
		_ = unix.Close(epoll)
		return nil, os.NewSyscallError("fcntl", err)
	}
	// The runtime's poller waits for the epoll descriptor as for a connection. Blocking in
	// epoll_wait would tie up an OS thread; this only parks the goroutine.
	l := &eventLoop{set: s, epoll: epoll, file: os.NewFile(uintptr(epoll), "epoll")}
	if l.conn, err = l.file.SyscallConn(); err != nil {
		_ = l.file.Close()
		return nil, err
	}
	return l, nil
}

// loopOwner is the goroutine that runs an event loop, with its buffers. An owner that the
// monitor has replaced ends when it is done with the connection it handles.
type loopOwner struct {
	loop     *eventLoop
	scratch  *scratch
	events   [128]unix.EpollEvent
	reported int               // how many elements of events epoll has filled
	next     int               // the element of events to be handled next
	again    []*epollTransport // connections with more input than one turn reads
	held     heldWrites
	handling readinessHandler // the connection that is handled, or was last
	phase    uint64           // the loop's phase while handling is handled
	now      time.Duration    // when the last connection was done, or events were reported

	pollFunc    func(epoll uintptr) bool // poll, bound once so that waiting allocates nothing
	pollNowFunc func(epoll uintptr)      // pollNow, likewise
}

// newLoopOwner returns an owner that has yet to be started.
func newLoopOwner(l *eventLoop) *loopOwner {
	o := &loopOwner{loop: l, now: sinceStart()}
	o.pollFunc = o.poll
	o.pollNowFunc = func(epoll uintptr) { o.poll(epoll) }
	o.scratch = newScratch()
	o.scratch.monitored = func() bool { return l.phase.Load() == o.phase }
	l.owner.Store(o)
	return o
}

// run runs the loop until the owner is replaced or the loop ends. A handler that ends its
// goroutine ends the owner too, and another one replaces it.
func (o *loopOwner) run() {
	returned := false
	defer func() {
		if !returned {
			o.loop.replaceOwner(o.phase) // unless the monitor has done so
		}
		scratches.Put(o.scratch)
	}()
	o.writeHeld() // what a replaced owner has held back
	for o.runTurn() {
	}
	returned = true
}

// runTurn handles the connections that are ready and waits for more. It returns false if the
// owner has been replaced or the loop has ended.
func (o *loopOwner) runTurn() bool {
	for o.next < o.reported {
		if !o.handleEvent() {
			return false
		}
	}
	if !o.handleAgain() {
		return false
	}
	o.writeHeld()
	return o.wait()
}

// handleEvent handles the next event. It returns false if the owner has been replaced.
func (o *loopOwner) handleEvent() bool {
	event := &o.events[o.next]
	o.next++
	// A descriptor whose connection has been closed since has none here, or the kernel has
	// reused it, and another connection gets a spurious wake-up. Both are harmless.
	t := o.loop.set.table.get(event.Fd)
	return t == nil || o.handle(t, event.Events&terminalEvents != 0)
}

// handleAgain gives each connection that had more input another turn. It returns false if
// the owner has been replaced.
func (o *loopOwner) handleAgain() bool {
	for n := len(o.again); n > 0; n-- {
		t := o.again[0]
		o.again = o.again[1:]
		if !o.handle(t, false) {
			return false
		}
	}
	if len(o.again) == 0 {
		o.again = nil
	}
	return true
}

// handle handles one connection: here, if its handler is likely to be quick. It returns
// false if the owner has been replaced.
func (o *loopOwner) handle(t *epollTransport, terminal bool) bool {
	set, h := o.loop.set, t.handler
	if !set.offload.callInline() {
		go handleOffLoop(h, terminal)
		return true
	}
	o.handling = h
	phase := o.loop.phase.Add(1)
	o.phase = phase
	set.monitor.wakeUp() // after the phase has changed, because the monitor reads it before it sleeps
	o.scratch.turn, o.scratch.held = o.mayHold(t), false
	more := h.handleReadiness(o.scratch, terminal)
	held := o.scratch.held
	now := sinceStart()
	set.offload.record(now - o.now)
	o.now = now
	if !o.loop.phase.CompareAndSwap(phase, phase+1) {
		if held {
			h.flushHeld()
		}
		if more {
			handleOffLoop(h, false)
		}
		return false
	}
	if held {
		o.hold(t)
	}
	o.boundHeld()
	if more {
		o.again = append(o.again, t)
	}
	return true
}

// handleOffLoop handles a connection on a goroutine other than the loop's owner.
func handleOffLoop(h readinessHandler, terminal bool) {
	s := newScratch()
	defer scratches.Put(s)
	for h.handleReadiness(s, terminal) {
	}
}

// wait waits for the next events, unless connections have more input. Other goroutines run
// first. It returns false if the loop has ended.
func (o *loopOwner) wait() bool {
	o.next, o.reported = 0, 0
	runtime.Gosched()
	var err error
	if len(o.again) > 0 {
		err = o.loop.conn.Control(o.pollNowFunc)
	} else {
		err = o.loop.conn.Read(o.pollFunc)
	}
	if err != nil { // the file is closed
		o.loop.set.loopEnded()
		return false
	}
	o.now = sinceStart()
	return true
}

// poll asks epoll for events and reports whether there are any.
func (o *loopOwner) poll(epoll uintptr) bool {
	n, err := unix.EpollWait(int(epoll), o.events[:], 0)
	if err != nil && !errors.Is(err, unix.EINTR) {
		time.Sleep(time.Millisecond) // cannot happen with a valid descriptor; if it does, do not spin
	}
	o.reported = max(0, n)
	return o.reported > 0
}

// processStart is the origin of the times that loops measure.
var processStart = time.Now()

func sinceStart() time.Duration { return time.Since(processStart) }

// descriptorTable maps descriptors, which are small numbers, to their transports. Reading
// it takes no lock. It grows by blocks and never shrinks, so its size is that of the
// highest descriptor there has been.
type descriptorTable struct {
	mu     sync.Mutex // held to replace blocks
	blocks atomic.Pointer[[]*tableBlock]
}

type tableBlock [1024]atomic.Pointer[epollTransport]

// get returns the transport of a descriptor, or nil.
func (t *descriptorTable) get(fd int32) *epollTransport {
	blocks := t.blocks.Load()
	i := int(fd) / len(tableBlock{})
	if blocks == nil || i >= len(*blocks) {
		return nil
	}
	return (*blocks)[i][int(fd)%len(tableBlock{})].Load()
}

// set sets the transport of a descriptor; nil removes it.
func (t *descriptorTable) set(fd int32, transport *epollTransport) {
	t.block(int(fd) / len(tableBlock{}))[int(fd)%len(tableBlock{})].Store(transport)
}

// block returns a block, which it adds if necessary.
func (t *descriptorTable) block(i int) *tableBlock {
	if blocks := t.blocks.Load(); blocks != nil && i < len(*blocks) {
		return (*blocks)[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var grown []*tableBlock
	if blocks := t.blocks.Load(); blocks != nil {
		grown = append(grown, *blocks...)
	}
	for len(grown) <= i {
		grown = append(grown, new(tableBlock))
	}
	t.blocks.Store(&grown)
	return grown[i]
}
