package websocket

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/queue"
	"github.com/lingerws/linger/protocol"
)

// readAhead holds what has arrived and has not been read by the application, so that control frames are handled while it
// does not read. From its bound on, until half of that is free, the transport is not read.
type readAhead struct {
	bound int
	ready chan struct{} // has an element when there may be something to return
	room  chan struct{} // has an element when the queue may have room again

	mu       sync.Mutex
	pieces   queue.Queue[piece]
	dropping bool      // the application has closed: pieces beyond the bound are dropped
	dropped  bool      // a piece was dropped, so no later piece may be read
	handed   time.Time // when the last piece was returned; zero once the reader has asked for more
	end      inputEnd
	status   Status // of the peer's Close, in half-open mode
}

// inputEnd is what follows the last piece.
type inputEnd struct {
	finished bool   // the peer's Close, in half-open mode
	conclude func() // or a Close of ours, which waits until the pieces have been handled
}

const (
	// pieceCost is what a piece counts against the bound beside its data, so that the number of empty pieces is bounded too.
	pieceCost = 64

	// keptPieces is how many pieces an empty queue keeps memory for: enough for messages that come one by one, and little
	// in an idle connection.
	keptPieces = 8
)

func newReadAhead(bound int) readAhead {
	return readAhead{bound: bound, ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put adds a piece, and reports whether the queue is full.
func (r *readAhead) put(m *protocol.Event) (full bool) {
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

// take removes the next piece and returns it. If there is none it returns what follows the last one.
func (r *readAhead) take() (p piece, ok bool, end inputEnd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, _, ok = r.pieces.Pop()
	if !ok {
		r.handed = time.Time{}
		return piece{}, false, r.end
	}
	r.handed = time.Now()
	r.pieces.Trim(keptPieces)
	if r.pieces.Resume(r.limits()) {
		signal(r.room)
	}
	return p, true, inputEnd{}
}

// drop stops the waiting for room: from now on, pieces beyond the bound are dropped.
func (r *readAhead) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropping = true
	signal(r.room)
}

// finish records that the peer has closed.
func (r *readAhead) finish(status Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end.finished, r.status = true, status
	signal(r.ready)
}

// conclude records that no more pieces come, and that sendClose has to be called after the last one. It returns how much
// of bound the application has left to handle the piece that it has read last: nothing if it has asked for more since, and
// all of it if pieces are left.
func (r *readAhead) conclude(sendClose func(), bound time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end.conclude = sendClose
	signal(r.ready)
	switch {
	case r.pieces.Len() > 0:
		return bound
	case r.handed.IsZero():
		return 0
	}
	return bound - time.Since(r.handed)
}

// nextPiece blocks until there is a piece, and returns it. What arrived before the end of the connection is returned
// first; then the error is that of the end. The caller holds c.reading.
func (c *Conn) nextPiece(ctx context.Context) (piece, error) {
	if p := c.start; len(p.data) > 0 {
		c.start = piece{}
		return p, nil
	}
	for {
		p, ok, end := c.in.take()
		switch {
		case ok:
			return p, nil
		case end.finished:
			return piece{}, c.peerClosed()
		case end.conclude != nil:
			end.conclude()
		}
		select {
		case <-c.in.ready:
		case <-ctx.Done():
			return piece{}, ctx.Err()
		case <-c.ended:
			if p, ok, _ := c.in.take(); ok { // it came before the end
				return p, nil
			}
			return piece{}, endError(c.end)
		}
	}
}

// peerClosed returns the error of reading after the peer's Close in half-open mode: that of the end of the connection if
// it has ended.
func (c *Conn) peerClosed() error {
	if end, ended := c.Outcome(); ended {
		return endError(end)
	}
	return &PeerClosed{Status: c.in.status} // is set before end.finished and does not change after that
}

// piece is part of a message.
type piece struct {
	op   MessageType
	data []byte
	last bool // the message ends with it
}
