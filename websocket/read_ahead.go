package websocket

import (
	"bytes"
	"context"
	"sync"

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
	full     bool // from the bound on, until half of it is free
	dropping bool // the application has closed: what does not fit is not waited for
	dropped  bool // something was dropped, so that nothing behind it may be read
	finished bool // the peer's Close has come, in half-open mode
	status   protocol.Status
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

// take returns the next piece. If there is none it tells whether the peer's Close
// has come.
func (r *readAhead) take() (p piece, ok, finished bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pieces.empty() {
		return piece{}, false, r.finished
	}
	p = r.pieces.pop()
	r.bytes -= len(p.data) + pieceCost
	if r.full && r.bytes <= r.bound/2 {
		r.full = false
		signal(r.room)
	}
	return p, true, false
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
	r.finished, r.status = true, status
	signal(r.ready)
}

// nextPiece waits for the next piece. What arrived before the end is handed out
// first; then the error tells the end. Who calls it holds c.reading.
func (c *Conn) nextPiece(ctx context.Context) (piece, error) {
	if p := c.start; len(p.data) > 0 {
		c.start = piece{}
		return p, nil
	}
	for {
		p, ok, finished := c.in.take()
		switch {
		case ok:
			return p, nil
		case finished:
			return piece{}, c.peerClosed()
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
