package driver

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/uring"
)

// What the handlers of connections with [IORing] send in one turn of an event loop is held back until the end of the turn, and is
// then written with one system call for many connections.

const (
	// maxHeld is the number of connections that are written to with one system call, during which the scheduler cannot use
	// the thread.
	maxHeld = 64

	// minHeld is the number of connections from which one system call for all of them costs less than one for each.
	minHeld = 3

	// holdBound is how long the first frame of a turn is held back, unless a handler blocks: then the monitor makes
	// another goroutine write it.
	holdBound = 100 * time.Microsecond
)

// heldWrites are the connections of a turn that have output.
type heldWrites struct {
	conns []*epollTransport
	since time.Duration // when the first of them was handled
}

// mayHold reports whether the output of the connection that is handled next may be held back: there are others to be written to
// with it.
func (o *loopOwner) mayHold(t *epollTransport) bool {
	return t.batched && (len(o.held.conns) > 0 || o.reported-o.next >= minHeld-1)
}

// hold makes writeHeld write what a connection has held back.
func (o *loopOwner) hold(t *epollTransport) {
	if len(o.held.conns) == 0 {
		o.held.since = o.now
	}
	o.held.conns = append(o.held.conns, t)
}

// boundHeld writes what has been held back if it may not wait longer. It is called after each connection of a turn.
func (o *loopOwner) boundHeld() {
	if len(o.held.conns) == maxHeld || o.now-o.held.since > holdBound {
		o.writeHeld()
	}
}

// writeHeld writes what has been held back.
func (o *loopOwner) writeHeld() {
	held := o.held.conns
	if len(held) == 0 {
		return
	}
	if len(held) < minHeld {
		for _, t := range held {
			t.handler.flushHeld()
		}
	} else {
		writeTogether(o.loop.ring.Load(), held)
	}
	clear(held)
	o.held.conns = held[:0]
	o.now = sinceStart()
}

// writeTogether writes what connections have held back, with a ring. The connections whose locks are free stay locked during the write.
// It must not block on a lock while it holds others, so the other connections are written to afterwards.
func writeTogether(ring *uring.Ring, held []*epollTransport) {
	var outputs [maxHeld][]byte // nil for those that are left to flushHeld
	for i, t := range held {
		if outputs[i] = t.handler.lockHeld(); outputs[i] != nil {
			ring.Send(t.fd, outputs[i], 0)
		}
	}
	submitted := ring.Submit() == nil
	for i, next := 0, 0; i < len(held); i++ {
		if outputs[i] != nil {
			n, err := held[i].sent(ring, next, submitted, outputs[i])
			held[i].handler.unlockHeld(outputs[i], n, err)
			next++
		}
	}
	for i, t := range held {
		if outputs[i] == nil {
			t.handler.flushHeld()
		}
	}
}

// sent returns how much of p the i-th operation of a ring, a send, has written. What the ring has not tried is written now.
func (t *epollTransport) sent(ring *uring.Ring, i int, submitted bool, p []byte) (int, error) {
	n, errno := ring.Result(i)
	switch {
	case errno == 0:
		return n, nil
	case errno == unix.EAGAIN && submitted:
		return 0, nil
	case errno == unix.EAGAIN, errno == unix.EINTR:
		return t.tryWrite(p)
	}
	return 0, os.NewSyscallError("write", errno)
}
