package websocket

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/queue"
	"github.com/lingerws/linger/protocol"
)

// readAhead is a queue of pieces that have arrived and that the application has not read. With it control frames are handled
// although the application does not read. When the queue has reached its bound the transport is not read until half of the
// bound is free.
type readAhead struct {
	bound int           // bytes
	ready chan struct{} // has an element when there may be something to return
	room  chan struct{} // has an element when the queue may have room again

	mu       sync.Mutex
	pieces   queue.Queue[piece]
	dropping bool      // pieces beyond the bound are dropped, since the application has closed
	dropped  bool      // a piece has been dropped, so all later pieces are dropped
	popped   time.Time // when the last piece was returned; zero if the reader waits for another one
	end      inputEnd
	status   Status // of the peer's Close, in half-open mode
}

// inputEnd is what follows the last piece. At most one field is set.
type inputEnd struct {
	peerClosed bool   // the peer's Close, in half-open mode
	sendClose  func() // sends our Close, which waits until the pieces have been handled
}

const (
	// pieceCost is added to the size of each piece, so that the number of empty pieces is bounded too.
	pieceCost = 64

	// keptPieces is the number of pieces for which an empty queue keeps memory: enough for messages that arrive one by one,
	// and little for an idle connection.
	keptPieces = 8
)

func newReadAhead(bound int) readAhead {
	return readAhead{bound: bound, ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// push adds a piece, and reports whether the queue is full.
func (r *readAhead) push(m *protocol.Event) (full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dropping && r.pieces.Bytes() >= r.bound {
		r.dropped = true
	}
	if r.dropped {
		return false
	}
	data := m.Payload
	if !m.Owned {
		data = bytes.Clone(data)
	}
	r.pieces.Push(piece{m.Opcode, data, m.Last}, len(data)+pieceCost)
	signal(r.ready)
	return r.pieces.Pause(r.limits()) && !r.dropping
}

func (r *readAhead) limits() queue.Limits { return queue.Limits{Bytes: r.bound} }

// awaitRoom blocks until the queue has room again, or the transport is closed.
func (r *readAhead) awaitRoom(closed <-chan struct{}) {
	for r.isFull() {
		select {
		case <-r.room:
		case <-closed:
			return
		}
	}
}

func (r *readAhead) isFull() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pieces.Paused() && !r.dropping
}

// pop removes the next piece and returns it. If there is none it returns what follows the last one.
func (r *readAhead) pop() (p piece, ok bool, end inputEnd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, _, ok = r.pieces.Pop()
	if !ok {
		r.popped = time.Time{}
		return piece{}, false, r.end
	}
	r.popped = time.Now()
	r.pieces.Trim(keptPieces)
	if r.pieces.Resume(r.limits()) {
		signal(r.room)
	}
	return p, true, inputEnd{}
}

// dropExcess makes the queue drop pieces beyond the bound from now on, instead of being full.
func (r *readAhead) dropExcess() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropping = true
	signal(r.room)
}

// peerClosed records that the peer has closed.
func (r *readAhead) peerClosed(status Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end.peerClosed, r.status = true, status
	signal(r.ready)
}

// deferClose records that no piece follows, and that sendClose is to be called when the last one has been handled. It returns
// how much of bound is left for that: all of it if pieces are left, nothing if the reader waits for another piece, and
// otherwise what has not passed since the last piece was returned.
func (r *readAhead) deferClose(sendClose func(), bound time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end.sendClose = sendClose
	signal(r.ready)
	switch {
	case r.pieces.Len() > 0:
		return bound
	case r.popped.IsZero():
		return 0
	}
	return bound - time.Since(r.popped)
}

// nextPiece blocks until there is a piece, and returns it. After the end of the connection it returns the pieces that arrived
// before, and then the error of the end. The caller holds c.reading.
func (c *Conn) nextPiece(ctx context.Context) (piece, error) {
	if p := c.partial; len(p.data) > 0 {
		c.partial = piece{}
		return p, nil
	}
	for {
		p, ok, end := c.received.pop()
		switch {
		case ok:
			return p, nil
		case end.peerClosed:
			return piece{}, c.peerClosed()
		case end.sendClose != nil:
			end.sendClose()
		}
		select {
		case <-c.received.ready:
		case <-ctx.Done():
			return piece{}, ctx.Err()
		case <-c.ended:
			if p, ok, _ := c.received.pop(); ok { // it arrived before the end
				return p, nil
			}
			return piece{}, endError(c.outcome)
		}
	}
}

// peerClosed returns the error of reading after the peer's Close in half-open mode, or that of the end of the connection if it
// has ended.
func (c *Conn) peerClosed() error {
	if end, ended := c.Outcome(); ended {
		return endError(end)
	}
	return &PeerClosed{Status: c.received.status} // set together with end.peerClosed, and never changed
}

// piece is a part of a message.
type piece struct {
	op   MessageType
	data []byte
	last bool // the message ends with this piece
}
