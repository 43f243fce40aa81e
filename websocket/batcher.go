package websocket

import (
	"sync"

	"github.com/lingerws/linger/protocol"
)

// Batcher is a [Handler] that is told of all events of a batch of input at once, only
// notes them, and does its work when the batch is over. It may block then: the connection
// is read on meanwhile, and others are not held up. It is one only where
// [Driver.Batches] says so.
type Batcher interface {
	Handler

	// Batch takes the place of Message, Pong and PeerClose. It tells whether there is work
	// pending for BatchEnd. Payloads are valid until that has returned, and without it until
	// Batch has; for good if they are Owned. events is valid until Batch returns.
	Batch(d *Driver, events []protocol.Event) (pending bool)

	// BatchEnd follows the calls of Batch that one batch of input has led to, if one of
	// them had work for it, on the same goroutine; what is sent during the call leaves
	// together. Calls of BatchEnd may overlap each other and all other calls.
	BatchEnd(d *Driver)
}

// batchEnd tells a Batcher, which the handler is, that a batch is over.
func (d *Driver) batchEnd() {
	b, _ := d.handler.(Batcher)
	b.BatchEnd(d)
}

// Batches tells whether the handler is called as a [Batcher]: where a loop reads for many
// connections, and not a goroutine for this one.
func (d *Driver) Batches() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.batches
}

// scratch is what handling input needs for a while: room for a read, and for its events.
type scratch struct {
	buf    [readBufferSize]byte
	events [64]protocol.Event
}

// scratches lends them, to the loops and to those who come between.
var scratches = sync.Pool{New: func() any { return new(scratch) }}

// handOutBatch empties the machine as handOut does, in one call or a few.
func (d *Driver) handOutBatch() {
	room := d.room[:0]
	for !d.paused || d.told {
		ev, ok := d.m.Next()
		if !ok {
			d.empty = true
			break
		}
		switch ev.Kind {
		case protocol.EventMessage, protocol.EventPiece, protocol.EventPong, protocol.EventPeerClose:
			room = append(room, ev)
			if len(room) == cap(room) {
				d.callBatch(room)
				room = room[:0]
			}
		case protocol.EventFailing:
			d.callBatch(room)
			room = room[:0]
			d.fail()
		case protocol.EventClosed:
			d.ended = true
		case protocol.EventPing:
		}
	}
	d.callBatch(room)
}

func (d *Driver) callBatch(events []protocol.Event) {
	if len(events) > 0 {
		b, _ := d.handler.(Batcher)
		pending := false
		d.call(func() { pending = b.Batch(d, events) })
		d.due = d.due || pending
		for i := range events { // nothing is kept alive by a loop but its own buffer
			if events[i].Owned {
				events[i].Payload = nil
			}
		}
	}
}
