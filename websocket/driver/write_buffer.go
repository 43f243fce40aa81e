package driver

import (
	"sync"

	"github.com/lingerws/linger/protocol"
)

// The pools lend the buffers that frames are queued in. A connection holds one
// only while something waits.
var (
	smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}
)

const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

// prime lends the machine a buffer for the frame that comes next. Larger ones
// than there are the machine makes itself. mu is held.
func (d *Driver) prime(payload int) {
	if d.m.Queued() > 0 {
		return
	}
	switch size := payload + protocol.MaxHeader; {
	case size <= smallBuffer:
		buf, _ := smallBuffers.Get().(*[smallBuffer]byte)
		recycle(d.m.Output(buf[:]))
	case size <= largeBuffer:
		buf, _ := largeBuffers.Get().(*[largeBuffer]byte)
		recycle(d.m.Output(buf[:]))
	}
}

// recycle takes a buffer back, unless it had to grow.
func recycle(b []byte) {
	switch cap(b) {
	case smallBuffer:
		smallBuffers.Put((*[smallBuffer]byte)(b[:smallBuffer]))
	case largeBuffer:
		largeBuffers.Put((*[largeBuffer]byte)(b[:largeBuffer]))
	}
}
