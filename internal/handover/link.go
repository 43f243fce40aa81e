package handover

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/lingerws/linger/internal/latch"
)

// stallLimit is how long a write to the link may make no progress, after which the link has failed. Tests change it.
var stallLimit = 30 * time.Second

const (
	// writeSize is how many bytes are passed to the kernel at once.
	writeSize = 128 << 10
	// maxPendingRights is how many descriptors wait for the link before sending a connection blocks.
	maxPendingRights = 1024
)

// queueLimit is MaxQueuedOps, except in tests.
var queueLimit = MaxQueuedOps

// link sends messages on the Unix socket. Its writer is a goroutine of its own, so that what is sent together is written together, and
// operations can be sent without blocking. Reading is in link_read.go.
type link struct {
	conn   *net.UnixConn
	stall  time.Duration // stallLimit
	reader reader

	mu      sync.Mutex
	out     batch // waits for the writer
	ops     int   // bytes of operations that have not been written
	queued  int64 // bytes that have been added to out
	written int64 // of these, bytes that have been passed to the kernel
	err     error // of a link that takes no more messages
	stalled bool  // the other side has not read for stallLimit
	done    bool  // the writer has ended
	stopped bool  // by stopWriting
	changed latch.Latch
	work    chan struct{} // has one element if the writer has something to do
}

// batch is bytes with the descriptors that belong to them.
type batch struct {
	bytes  []byte
	rights []right
	ops    int // size of the operations in it
}

// right is a descriptor of which the batch is the owner, and the offset of the message to which it belongs.
type right struct{ offset, file int }

func newLink(conn *net.UnixConn) (*link, error) {
	if supported != nil {
		return nil, supported
	}
	_ = conn.SetWriteBuffer(1 << 20) // fewer changes between the processes; the default works too
	l := &link{conn: conn, stall: stallLimit, work: make(chan struct{}, 1)}
	go l.writeLoop()
	return l, nil
}

// send sends a message with a duplicate of file, unless that is -1. It blocks while much is waiting.
func (l *link) send(m *message, file int) error {
	if m.size() > MaxMessage {
		return ErrTooLarge
	}
	m.rights = file >= 0
	if m.rights {
		duplicated, err := l.duplicate(file)
		if err != nil {
			return err
		}
		file = duplicated
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && (len(l.out.bytes) > maxPending || len(l.out.rights) > maxPendingRights) {
		l.wait()
	}
	return l.add(m, file)
}

// duplicate returns another descriptor for the same file. If this process has too many, those that wait for the writer are sent first.
func (l *link) duplicate(file int) (int, error) {
	duplicated, err := Duplicate(file)
	if !errors.Is(err, syscall.EMFILE) {
		return duplicated, err
	}
	l.mu.Lock()
	end := l.queued
	l.mu.Unlock()
	if err := l.flush(end); err != nil {
		return -1, err
	}
	return Duplicate(file)
}

// queue sends a message without blocking.
func (l *link) queue(m *message) error {
	_, err := l.queueEnd(m)
	return err
}

// queueEnd is queue. It returns the position after the message, for flush.
func (l *link) queueEnd(m *message) (end int64, err error) {
	if m.size() > MaxMessage {
		return 0, ErrTooLarge
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.kind == kindOp {
		if l.ops > 0 && l.ops+m.size() > queueLimit {
			return 0, ErrQueueFull
		}
		l.ops += m.size()
		l.out.ops += m.size()
	}
	err = l.add(m, -1)
	return l.queued, err
}

// sendNow is queue and flush.
func (l *link) sendNow(m *message) error {
	end, err := l.queueEnd(m)
	if err != nil {
		return err
	}
	return l.flush(end)
}

// flush waits for the writer. It returns nil exactly if everything up to end has been passed to the kernel, so that the peer can
// read it even if this process ends.
func (l *link) flush(end int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.written < end && !l.done {
		l.wait()
	}
	if l.written < end {
		return l.err
	}
	return nil
}

// wait waits for a change of the writer's state, with mu held before and after.
func (l *link) wait() {
	changed := l.changed.Next()
	l.mu.Unlock()
	<-changed
	l.mu.Lock()
}

// add adds a message to what waits for the writer, with mu held. It owns file.
func (l *link) add(m *message, file int) error {
	if l.err != nil {
		if file >= 0 {
			closeFile(file)
		}
		return l.err
	}
	before := len(l.out.bytes)
	if file >= 0 {
		l.out.rights = append(l.out.rights, right{before, file})
	}
	l.out.bytes = appendMessage(l.out.bytes, m)
	l.queued += int64(len(l.out.bytes) - before)
	l.wake()
	return nil
}

func (l *link) wake() {
	select {
	case l.work <- struct{}{}:
	default:
	}
}

// writeLoop writes what add has added, until the link has failed or stopWriting was called.
func (l *link) writeLoop() {
	var b batch
	for range l.work {
		l.mu.Lock()
		if l.err != nil || l.stopped && len(l.out.bytes) == 0 {
			break // with mu held
		}
		b, l.out = l.out, batch{bytes: b.bytes[:0], rights: b.rights[:0]}
		l.mu.Unlock()

		n, err := l.write(b)
		if err != nil {
			l.fail(err)
		}
		l.mu.Lock()
		l.written += int64(n)
		l.ops -= b.ops
		l.changed.Release()
		if l.stopped || l.err != nil {
			l.wake()
		}
		l.mu.Unlock()
		if cap(b.bytes) > 4*maxPending { // after a large message
			b.bytes = nil
		}
	}
	l.done = true
	l.changed.Release()
	l.mu.Unlock()
}

// write writes a batch, with as many descriptors for each call as are allowed. The descriptors are never later than their messages.
// It returns how many bytes have been written.
func (l *link) write(b batch) (written int, err error) {
	rights := b.rights
	defer func() {
		for _, r := range rights {
			closeFile(r.file)
		}
	}()
	for start := 0; start < len(b.bytes); start = written {
		end := min(start+writeSize, len(b.bytes))
		var files []int
		for i, r := range rights {
			if i == maxRights {
				end = min(end, r.offset)
			}
			if r.offset >= end {
				break
			}
			files = append(files, r.file)
		}
		n, err := l.writeOnce(b.bytes[start:end], files)
		if n == 0 && err != nil {
			return written, err
		}
		written += n
		for _, file := range files {
			closeFile(file)
		}
		rights = rights[len(files):]
	}
	return written, nil
}

func (l *link) writeOnce(b []byte, files []int) (int, error) {
	control := encodeRights(files)
	deadline := time.Now().Add(l.stall)
	if err := l.conn.SetWriteDeadline(deadline); err != nil {
		return 0, err
	}
	for {
		n, _, err := l.conn.WriteMsgUnix(b, control, nil)
		if n > 0 || err == nil || !tooMany(err) || time.Now().After(deadline) {
			return n, err
		}
		time.Sleep(time.Millisecond)
	}
}

// fail makes err the result of all further writes, and ends what waits. The reader gets what has arrived already, and then the end.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err, l.stalled = errors.Join(ErrEnded, err), errors.Is(err, os.ErrDeadlineExceeded)
	}
	for _, r := range l.out.rights {
		closeFile(r.file)
	}
	_ = l.conn.CloseRead()
	l.ops -= l.out.ops
	l.out = batch{}
	l.changed.Release()
	l.wake()
}

// end closes the link. What has not been written is lost.
func (l *link) end() {
	l.fail(net.ErrClosed)
	_ = l.conn.Close()
}

// stopWriting ends the writer after it has written what waits, and leaves the socket open.
func (l *link) stopWriting() {
	l.mu.Lock()
	l.stopped = true
	l.wake()
	for !l.done {
		l.wait()
	}
	l.mu.Unlock()
	_ = l.conn.SetWriteDeadline(time.Time{})
}

// hasStalled reports whether the link has failed because the other side did not read.
func (l *link) hasStalled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stalled
}

// sent returns how many bytes have been written.
func (l *link) sent() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}
