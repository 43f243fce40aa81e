package websocket

import (
	"context"
	"io"
)

// Read returns the next whole message; it belongs to the caller. When the
// connection has ended, and what came before is read, the error tells how:
// *[PeerClosed], *[LocalClosed] or *[TransportError]. If ctx ends first, nothing
// is lost: the next Read goes on with the same message.
func (c *Conn) Read(ctx context.Context) (MessageType, []byte, error) {
	if err := c.enterReading(ctx); err != nil {
		return 0, nil, err
	}
	defer c.reading.leave()
	first, err := c.nextPiece(ctx)
	if err != nil || first.last {
		return first.op, first.data, err
	}
	for {
		p, err := c.nextPiece(ctx)
		if err != nil {
			c.in.unread(first)
			return 0, nil, err
		}
		first.data = append(first.data, p.data...)
		if p.last {
			return first.op, first.data, nil
		}
	}
}

// Reader returns the next message to be read as it arrives, so that no more than
// Options.ReadAhead of it is held in memory. It waits for the first piece. What is
// left of the message before is dropped. The reader uses ctx as long as it lives.
func (c *Conn) Reader(ctx context.Context) (MessageType, *MessageReader, error) {
	if err := c.enterReading(ctx); err != nil {
		return 0, nil, err
	}
	defer c.reading.leave()
	first, err := c.nextPiece(ctx)
	if err != nil {
		return 0, nil, err
	}
	c.rest = &MessageReader{conn: c, ctx: ctx, data: first.data, last: first.last}
	return first.op, c.rest, nil
}

// enterReading becomes the one who reads, at the start of a message.
func (c *Conn) enterReading(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.reading.enter(ctx); err != nil {
		return err
	}
	for c.rest != nil && !c.rest.last {
		p, err := c.nextPiece(ctx)
		if err != nil {
			c.reading.leave()
			return err
		}
		c.rest.last = p.last
	}
	if c.rest != nil {
		c.rest.stale, c.rest = true, nil
	}
	return nil
}

// MessageReader reads one message. It is valid until the next message is read.
type MessageReader struct {
	conn  *Conn
	ctx   context.Context //nolint:containedctx // io.Reader has no place for one
	data  []byte
	last  bool // data is the end of the message
	stale bool
}

// Read reads from the message, and gives io.EOF at its end. If the context of
// [Conn.Reader] ends it can go on with the same message by [Conn.Read] only.
func (r *MessageReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.conn.reading.enter(r.ctx); err != nil {
		return 0, err
	}
	defer r.conn.reading.leave()
	for len(r.data) == 0 {
		switch {
		case r.stale:
			return 0, ErrStaleReader
		case r.last:
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
