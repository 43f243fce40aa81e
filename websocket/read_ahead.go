package websocket

import (
	"bytes"
	"context"
	"sync"

	"github.com/lingerws/linger/protocol"
)

// readAhead holds what has arrived and was not read: promise that control frames
// are seen while nobody reads. It is bounded; at the bound the transport is not
// read.
type readAhead struct {
	bound int
	ready chan struct{} // holds a token when there may be something new

	mu       sync.Mutex
	pieces   []piece
	bytes    int
	full     bool // the driver is paused
	dropping bool // the application has closed and does not wait for data
	finished bool // the peer's Close has come, in half-open mode
	status   protocol.Status
}

// piece is part of a message.
type piece struct {
	op   MessageType
	data []byte
	last bool
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
	return readAhead{bound: bound, ready: make(chan struct{}, 1)}
}

// put adds a piece and tells whether that is enough for now.
func (r *readAhead) put(m protocol.Event) (pause bool) {
	data := m.Payload
	if !m.Owned {
		data = bytes.Clone(data)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dropping && r.bytes >= r.bound {
		return false
	}
	r.pieces = append(r.pieces, piece{m.Opcode, data, m.Last})
	r.bytes += len(data) + pieceCost
	r.full = r.bytes >= r.bound && !r.dropping
	r.signal()
	return r.full
}

// unread puts a piece back in front.
func (r *readAhead) unread(p piece) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces = append([]piece{p}, r.pieces...)
	r.bytes += len(p.data) + pieceCost
	r.signal()
}

// take returns the next piece; resume tells that the driver may go on.
func (r *readAhead) take() (p piece, ok, resume bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pieces) == 0 {
		return piece{}, false, false
	}
	p = r.pieces[0]
	r.pieces[0] = piece{}
	if r.pieces = r.pieces[1:]; len(r.pieces) == 0 {
		r.pieces = nil
	}
	r.bytes -= len(p.data) + pieceCost
	if r.full && r.bytes <= r.bound/2 {
		r.full, resume = false, true
	}
	return p, true, resume
}

// drop gives up what does not fit. It tells whether the driver waits for room.
func (r *readAhead) drop() (resume bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	resume, r.full, r.dropping = r.full, false, true
	return resume
}

// finish notes that the peer has closed.
func (r *readAhead) finish(status protocol.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finished, r.status = true, status
	r.signal()
}

func (r *readAhead) peerClosed() (protocol.Status, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status, r.finished
}

// signal leaves a token for who waits. mu is held.
func (r *readAhead) signal() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// nextPiece waits for the next piece. What arrived before the end is handed out
// first; then the error tells the end.
func (c *Conn) nextPiece(ctx context.Context) (piece, error) {
	for {
		p, ok, resume := c.in.take()
		if resume {
			c.driver.Resume()
		}
		if ok {
			return p, nil
		}
		if status, closed := c.in.peerClosed(); closed {
			return piece{}, &PeerClosed{Status: status}
		}
		select {
		case <-c.in.ready:
			continue
		default:
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
