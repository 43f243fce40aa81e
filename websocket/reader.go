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
	message, err := c.nextPiece(ctx)
	for err == nil && !message.last {
		var p piece
		if p, err = c.nextPiece(ctx); err != nil {
			c.start = message // for whoever reads next
			break
		}
		message.data, message.last = append(message.data, p.data...), p.last
	}
	if err != nil {
		return 0, nil, err
	}
	return message.op, message.data, nil
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
	if err := c.skipRest(ctx); err != nil {
		c.reading.leave()
		return err
	}
	return nil
}

// skipRest drops what is left of a message that was read in pieces.
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

// MessageReader reads one message. It is valid until the next message is asked
// for.
type MessageReader struct {
	conn  *Conn
	ctx   context.Context //nolint:containedctx // io.Reader has no place for one
	data  []byte
	last  bool // data is the end of the message
	stale bool
}

// Read reads from the message, and gives io.EOF at its end. After the end of the
// context of [Conn.Reader], and after that of the connection, its error is what
// Read returns: a message that was cut is never taken for a whole one. After
// another message was asked for it is [ErrStaleReader].
func (r *MessageReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if err := r.conn.reading.enter(r.ctx); err != nil {
		return 0, err
	}
	defer r.conn.reading.leave()
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
