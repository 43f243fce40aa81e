package driver

import (
	"sync"

	"github.com/lingerws/linger/protocol"
)

// Pools of the buffers that frames are queued in. A connection has one only while frames
// wait. They hold plain memory, so all connections of the process share them.
var (
	smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}
)

const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

// prime gives the machine a buffer for the next frame, if it has none. The machine allocates
// buffers that are larger than those of the pools. mu is held.
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

// recycle returns a buffer to its pool, unless it has grown.
func recycle(b []byte) {
	switch cap(b) {
	case smallBuffer:
		smallBuffers.Put((*[smallBuffer]byte)(b[:smallBuffer]))
	case largeBuffer:
		largeBuffers.Put((*[largeBuffer]byte)(b[:largeBuffer]))
	}
}
