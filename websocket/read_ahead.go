package websocket

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
)

// readAhead holds what has arrived and was not read, so that control frames are
// seen while nobody reads. It is bounded; at the bound the transport is not read.
type readAhead struct {
	bound int
	ready chan struct{} // holds a token when there may be something new
	room  chan struct{} // holds a token when it may be full no longer

	mu       sync.Mutex
	pieces   pieces
	bytes    int
	full     bool      // from the bound on, until half of it is free
	dropping bool      // the application has closed: what does not fit is not waited for
	dropped  bool      // something was dropped, so that nothing behind it may be read
	handed   time.Time // when the last piece was taken; zero once the reader has asked for more
	end      inputEnd
	status   protocol.Status // of the peer's Close, in half-open mode
}

// inputEnd is what follows the last piece.
type inputEnd struct {
	finished bool   // the peer's Close, in half-open mode
	conclude func() // or a Close of ours, which waits until the pieces have been handled
}

const (
	defaultReadAhead = 64 << 10

	// pieceCost is what an empty piece counts, so that their number is bounded too.
	pieceCost = 64
)

func newReadAhead(bound int) readAhead {
	if bound <= 0 {
		bound = defaultReadAhead
	}
	return readAhead{bound: bound, ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put adds a piece and tells whether that is enough for now.
func (r *readAhead) put(m protocol.Event) (full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dropping && r.bytes >= r.bound {
		r.dropped = true
	}
	if r.dropped {
		return false
	}
	data := m.Payload
	if !m.Owned {
		data = bytes.Clone(data)
	}
	r.pieces.push(piece{m.Opcode, data, m.Last})
	r.bytes += len(data) + pieceCost
	r.full = r.bytes >= r.bound && !r.dropping
	signal(r.ready)
	return r.full
}

// awaitRoom waits until more may be put, or the transport is closed.
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
	return r.full
}

// take returns the next piece. If there is none it returns what follows the last one.
func (r *readAhead) take() (p piece, ok bool, end inputEnd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pieces.empty() {
		r.handed = time.Time{}
		return piece{}, false, r.end
	}
	p, r.handed = r.pieces.pop(), time.Now()
	r.bytes -= len(p.data) + pieceCost
	if r.full && r.bytes <= r.bound/2 {
		r.full = false
		signal(r.room)
	}
	return p, true, inputEnd{}
}

// drop gives up what does not fit.
func (r *readAhead) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full, r.dropping = false, true
	signal(r.room)
}

// finish notes that the peer has closed.
func (r *readAhead) finish(status protocol.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end.finished, r.status = true, status
	signal(r.ready)
}

// conclude notes that no more pieces come, and that sendClose has to be called. It returns
// how much of bound is left to the application for what it has taken last: nothing if it
// has asked for more since, and all of it if pieces are left.
func (r *readAhead) conclude(sendClose func(), bound time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end.conclude = sendClose
	signal(r.ready)
	switch {
	case !r.pieces.empty():
		return bound
	case r.handed.IsZero():
		return 0
	}
	return bound - time.Since(r.handed)
}

// nextPiece waits for the next piece. What arrived before the end is handed out
// first; then the error tells the end. Who calls it holds c.reading.
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

// peerClosed is the end of reading in half-open mode, also before the connection
// has ended.
func (c *Conn) peerClosed() error {
	if end, ended := c.Outcome(); ended {
		return endError(end)
	}
	return &PeerClosed{Status: c.in.status} // settled before finished was
}
