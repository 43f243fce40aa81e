package websocket

import (
	"context"
	"io"
)

// Read returns the next complete message, which belongs to the caller. After the end of
// the connection it returns the messages that arrived before, and then the error of the
// end: *[PeerClosed], *[LocalClosed] or *[TransportError]. If ctx ends first nothing is
// lost: the next Read continues with the same message.
func (c *Conn) Read(ctx context.Context) (MessageType, []byte, error) {
	if err := c.lockReading(ctx); err != nil {
		return 0, nil, err
	}
	defer c.reading.unlock()
	message, err := c.nextPiece(ctx)
	for err == nil && !message.last {
		var p piece
		if p, err = c.nextPiece(ctx); err != nil {
			c.partial = message // the next Read continues with it
			break
		}
		message.data, message.last = append(message.data, p.data...), p.last
	}
	if err != nil {
		return 0, nil, err
	}
	return message.op, message.data, nil
}

// Reader returns a reader of the next message, with which it can be read as it arrives:
// at most Options.ReadAhead bytes of it are held in memory. Reader waits for the first
// piece, and drops the unread rest of the message before. ctx also applies to the calls
// of the reader.
func (c *Conn) Reader(ctx context.Context) (MessageType, *MessageReader, error) {
	if err := c.lockReading(ctx); err != nil {
		return 0, nil, err
	}
	defer c.reading.unlock()
	first, err := c.nextPiece(ctx)
	if err != nil {
		return 0, nil, err
	}
	c.rest = &MessageReader{conn: c, ctx: ctx, data: first.data, last: first.last}
	return first.op, c.rest, nil
}

// lockReading locks c.reading, and skips the rest of a message that was read in pieces.
// If it returns an error c.reading is not locked.
func (c *Conn) lockReading(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.reading.lock(ctx); err != nil {
		return err
	}
	if err := c.skipRest(ctx); err != nil {
		c.reading.unlock()
		return err
	}
	return nil
}

// skipRest drops the unread rest of a message that was read in pieces.
func (c *Conn) skipRest(ctx context.Context) error {
	if c.rest == nil {
		return nil
	}
	c.rest.data, c.rest.stale = nil, true
	for !c.rest.last {
		p, err := c.nextPiece(ctx)
		if err != nil {
			return err
		}
		c.rest.last = p.last
	}
	c.rest = nil
	return nil
}

// MessageReader reads one message. It is valid until the next message is requested.
type MessageReader struct {
	conn  *Conn
	ctx   context.Context //nolint:containedctx // io.Reader has no place for one
	data  []byte
	last  bool // data is the end of the message
	stale bool // the next message has been requested
}

// Read reads from the message, and returns io.EOF at its end. If the context of
// [Conn.Reader] or the connection ends before the message is complete, Read returns the
// error of that, and never io.EOF. After another message has been requested it returns
// [ErrStaleReader].
func (r *MessageReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if err := r.conn.reading.lock(r.ctx); err != nil {
		return 0, err
	}
	defer r.conn.reading.unlock()
	if r.stale {
		return 0, ErrStaleReader
	}
	for len(r.data) == 0 {
		if r.last {
			return 0, io.EOF
		}
		next, err := r.conn.nextPiece(r.ctx)
		if err != nil {
			return 0, err
		}
		r.data, r.last = next.data, next.last
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}
