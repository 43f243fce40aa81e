package driver

import (
	"sync"

	"github.com/lingerws/linger/protocol"
)

// flush writes what waits, unless a batch holds it back. It does not block: what the transport
// does not take at once is written when there is room. mu is held.
func (d *Driver) flush() {
	if d.holdsBack() {
		return
	}
	d.writeOutput(d.m.Output(nil))
}

// writeOutput writes out, the output of the machine, as far as the transport takes it. mu is held.
func (d *Driver) writeOutput(out []byte) {
	n, err := 0, error(nil)
	if len(out) > 0 {
		n, err = d.tryWrite(out)
	}
	d.wroteOutput(out, n, err)
}

// wroteOutput follows a write of out, the output of the machine, of which the transport has taken n bytes. The rest is written when
// there is room. mu is held.
func (d *Driver) wroteOutput(out []byte, n int, err error) {
	if len(out) > 0 {
		d.wrote(n, err)
	}
	if n < len(out) && !d.m.Done() {
		d.writeRest(out, n)
		return
	}
	if d.high && d.handler != nil {
		go d.emptied() // the queue has been high during a batch
	}
	recycle(out)
}

// writeRest makes out, without the first n bytes, which the transport has taken, be written
// when there is room. mu is held.
func (d *Driver) writeRest(out []byte, n int) {
	d.state.beginWaiting()
	d.out, d.handed = out, n
	d.watchWriter()
	if d.notified {
		d.notifier().awaitRoom()
	} else {
		d.startWriter()
	}
}

// startWriter starts the goroutine that writes a [blockingTransport]. mu is held.
func (d *Driver) startWriter() {
	t, _ := d.transport.(blockingTransport)
	d.writerIn = true
	go d.writeLoop(t)
}

// tryWrite writes what the transport takes without blocking. If the end of our direction
// follows, it may leave in the same segment.
func (d *Driver) tryWrite(p []byte) (int, error) {
	if d.notified && d.m.Last() {
		return d.notifier().tryWriteLast(p)
	}
	if t, ok := d.transport.(nonBlockingWriter); ok {
		return t.tryWrite(p)
	}
	return 0, nil // only a write loop can write, because it may block
}

// emptied calls Drained for a queue that was high and has left at once. If frames wait again,
// it leaves that to the goroutine that writes them.
func (d *Driver) emptied() {
	if !d.wakeLive() {
		return
	}
	defer d.rest()
	if d.m.Queued() == 0 {
		d.callDrained()
	}
	d.pump(readDelivering) // the terminal event waits for Drained
}

// writeLoop writes what is left of d.out, and what is queued in that time, until nothing
// waits. It is the goroutine of a [blockingTransport]. It ends when the connection is frozen, and another one goes on.
func (d *Driver) writeLoop(t blockingTransport) {
	d.wake()
	defer d.rest()
	for written := d.handed; d.leaveWrite() && written < len(d.out) && !d.m.Done(); {
		d.handed = min(len(d.out), written+d.pieceSize())
		piece := d.out[written:d.handed]
		d.writerIn = true
		d.rest()
		n, err := t.write(piece)
		d.wake()
		written += n
		if !d.state.live() { // the write may have been interrupted
			d.handed, err = written, nil
		}
		d.wrote(n, err)
		if written == len(d.out) && d.state.live() {
			d.nextOutput()
			written = 0
		}
	}
	if d.state.live() {
		d.endWriting()
	}
}

// leaveWrite follows a write of a blockingTransport. It reports whether the connection is live. mu is held.
func (d *Driver) leaveWrite() (live bool) {
	d.writerIn = false
	if !d.state.live() {
		d.handled.Broadcast() // Freeze may wait for the write
	}
	return d.state.live()
}

// nextOutput takes what has been queued while the last output was written.
func (d *Driver) nextOutput() {
	d.sent += minProgress // all that waited has been taken, which is progress, however little it was
	recycle(d.out)
	d.out, d.handed = d.m.Output(nil), 0
}

// endWriting follows the last byte that waited.
func (d *Driver) endWriting() {
	d.state.endWaiting()
	d.out, d.handed = nil, 0
	d.unwatchWriter()
	d.callDrained()
	d.obey()
	d.pump(readDelivering) // the terminal event may have waited for it
}

// Bounds of one write of the write loop. The close timer measures the progress of a slow
// reader, and a transport reports that only when a write returns.
const (
	writePiece   = 16 << 10 // the largest record of TLS: RFC 8446, section 5.1
	closingPiece = 4 << 10
)

// pieceSize returns the bound of the next write. mu is held.
func (d *Driver) pieceSize() int {
	if d.armed == protocol.TimerClose {
		return closingPiece
	}
	return writePiece
}

// noteHigh notes that the queue has reached the high watermark, so that Drained is due when
// it is empty. mu is held.
func (d *Driver) noteHigh() {
	if d.settings().HighWater > 0 && d.m.Queued() >= d.settings().HighWater {
		d.high = true
	}
}

// callDrained calls Drained if it is due. If the handler ends this goroutine the connection is
// aborted, as in the other calls. mu is held, not during the call.
func (d *Driver) callDrained() {
	due := d.settings().HighWater <= 0 || d.high
	d.high = false
	if !due || d.handler == nil || d.state.end == endDelivered || d.m.Done() {
		return
	}
	d.drains++
	returned := false
	d.rest()
	defer func() {
		d.wake()
		d.drains--
		if !returned {
			d.breakOff(CauseAbort, nil)
			d.settle()
		}
	}()
	d.handler.Drained(d)
	returned = true
}

// wrote reports to the machine what the transport took. mu is held.
func (d *Driver) wrote(n int, err error) {
	d.m.Wrote(n)
	d.sent += n
	d.keepAlive.written += int64(n)
	if err != nil {
		d.breakOff(protocol.CauseTransport, err)
	}
}

// frameEnd returns the end of the frame that contains the byte before at. frames contains
// whole frames that this end has made.
func frameEnd(frames []byte, at int) int {
	end := 0
	for end < at {
		h, n, _ := protocol.ParseHeader(frames[end:])
		end += n + int(h.Length)
	}
	return end
}

// frameStart returns the beginning of the frame that contains the byte at.
func frameStart(frames []byte, at int) int {
	start := 0
	for {
		h, n, _ := protocol.ParseHeader(frames[start:])
		next := start + n + int(h.Length)
		if n == 0 || next > at {
			return start
		}
		start = next
	}
}

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
