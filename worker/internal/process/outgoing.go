package process

import (
	"os"
	"sync"
)

// window is the number of bytes that are sent to a child before it has reported that it has handled them. A single frame may be
// larger.
const window = 1 << 20

// outgoing is a pipe to a child. Frames are added to a buffer, which flush writes. Its methods do not block. The buffer needs no
// bound of its own: events are added while there is room, and the other frames answer what the child has asked for.
type outgoing struct {
	pipe *os.File

	mu      sync.Mutex
	buffer  []byte
	writing bool // a goroutine writes
}

// add appends to the buffer and returns the number of bytes that were added.
func (o *outgoing) add(appendTo func(b []byte) []byte) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.buffer)
	o.buffer = appendTo(o.buffer)
	return len(o.buffer) - before
}

// flush writes the buffer; what the pipe does not take at once is written by another goroutine. Errors are not returned, because
// the end of the child is reported elsewhere.
func (o *outgoing) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing || len(o.buffer) == 0 {
		return
	}
	n, err := writeNow(o.pipe, o.buffer)
	switch {
	case err != nil || n == len(o.buffer):
		o.reset(o.buffer)
		return
	}
	rest := o.buffer[n:]
	o.buffer, o.writing = nil, true
	go o.write(rest)
}

// maxSpare bounds the memory that an empty buffer keeps.
const maxSpare = 2 * window

// reset empties the buffer. mu is held.
func (o *outgoing) reset(b []byte) {
	if o.buffer = b[:0]; cap(b) > maxSpare {
		o.buffer = nil
	}
}

// write writes b, and then what was added meanwhile. It blocks.
func (o *outgoing) write(b []byte) {
	for {
		_, err := o.pipe.Write(b)
		o.mu.Lock()
		b, o.buffer = o.buffer, nil
		if err != nil || len(b) == 0 {
			o.writing = false
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
	}
}
