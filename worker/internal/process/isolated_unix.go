//go:build unix

package process

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// descriptor is a descriptor that is read with blocking calls.
type descriptor int

// Read implements [io.Reader].
func (d descriptor) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), b)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// writeDescriptor writes to a descriptor with a blocking call.
func writeDescriptor(fd int, b []byte) (int, error) {
	n, err := unix.Write(fd, b)
	if errors.Is(err, unix.EINTR) {
		err = nil
	}
	return max(n, 0), err
}

// callReader reads the frames that the parent sends.
type callReader struct {
	buffer     []byte
	start, end int // of what was read and is not handled
}

func (r *callReader) open() error {
	if err := unix.SetNonblock(callsFD, true); err != nil {
		return fmt.Errorf("descriptor %d is not the pipe of a parent: %w", callsFD, err)
	}
	r.buffer = make([]byte, readSize)
	return nil
}

// next returns the next frame. ok is false if none has arrived completely. The content is valid until the next call.
func (r *callReader) next() (kind frameKind, c content, ok bool, err error) {
	if !r.buffered() {
		if err := r.read(); err != nil {
			return 0, content{}, false, err
		}
		if !r.buffered() {
			return 0, content{}, false, nil
		}
	}
	b := r.buffer[r.start:r.end]
	length := frameLength(b)
	if length < 1 {
		return 0, content{}, false, fmt.Errorf("%w: its length is %d", errFrame, length)
	}
	r.start += frameHead + length
	return frameKind(b[frameHead]), content{data: b[frameHead+1 : frameHead+length : frameHead+length]}, true, nil
}

// buffered reports whether a complete frame was read.
func (r *callReader) buffered() bool {
	have := r.end - r.start
	return have >= frameHead && have >= frameHead+frameLength(r.buffer[r.start:])
}

// read reads what has arrived, without blocking.
func (r *callReader) read() error {
	r.makeRoom()
	n, err := unix.Read(callsFD, r.buffer[r.end:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return err
	case n == 0:
		return errClosed
	}
	r.end += n
	return nil
}

// makeRoom moves what is not handled to the beginning of the buffer, which grows if a frame is larger.
func (r *callReader) makeRoom() {
	need := readSize
	if r.end-r.start >= frameHead {
		need = max(need, frameHead+frameLength(r.buffer[r.start:]))
	}
	buffer := r.buffer
	if len(buffer) < need || len(buffer) > maxSpare && need == readSize {
		buffer = make([]byte, need)
	}
	r.end = copy(buffer, r.buffer[r.start:r.end])
	r.buffer, r.start = buffer, 0
}

// wait blocks until there is something to read, w was woken, or a time has passed.
func (*callReader) wait(w *waker, limit time.Duration) error {
	fds := []unix.PollFd{{Fd: callsFD, Events: unix.POLLIN}, {Fd: int32(w.read), Events: unix.POLLIN}} //nolint:gosec // a descriptor
	milliseconds := min((limit+time.Millisecond-1)/time.Millisecond, math.MaxInt32)
	if _, err := unix.Poll(fds, int(milliseconds)); err != nil && !errors.Is(err, unix.EINTR) {
		return err
	}
	if fds[1].Revents != 0 {
		w.clear()
	}
	return nil
}

// waker ends a wait from other goroutines.
type waker struct{ read, write int }

func (w *waker) open() error {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return err
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			return err
		}
	}
	w.read, w.write = fds[0], fds[1]
	return nil
}

// pass wakes for each element of a channel.
func (w *waker) pass(wake <-chan struct{}) {
	for range wake {
		_, _ = unix.Write(w.write, []byte{0}) // if the pipe is full, the wait ends anyway
	}
}

func (w *waker) clear() {
	var b [64]byte
	_, _ = unix.Read(w.read, b[:]) // what is left ends the next wait
}
