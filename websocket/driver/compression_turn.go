package driver

import "runtime"

// turns is a semaphore. Compressing needs a processor and up to 1.5 MB of memory, and a goroutine may lose the processor
// in the middle of it, so without a bound a thousand goroutines that send at once would hold a gigabyte.
type turns chan struct{}

// compressing bounds how many calls of Driver compress at once.
var compressing = make(turns, 2*runtime.GOMAXPROCS(0))

// leave gives the turn back. A nil turns has none.
func (t turns) leave() {
	if t != nil {
		<-t
	}
}

// enterSend waits until the caller may compress what it sends, on a connection with compression. It must be called
// before mu is locked, so that the connection can go on receiving. A caller that has its turn waits for nothing
// but mu, and no holder of mu waits for a turn.
func (d *Driver) enterSend() turns {
	if d.opts.machine.Compression == nil {
		return nil
	}
	compressing <- struct{}{}
	return compressing
}
