package websocket

import (
	"context"

	"github.com/lingerws/linger/protocol"
)

// writeBound is how many bytes may wait to be written before Write waits.
const writeBound = 64 << 10

// Write sends a message. It waits while more than 64 KiB wait to be written, so a
// slow peer slows the writer; when it returns the message is queued and leaves
// whole, whatever becomes of ctx. If ctx ends first nothing of it was sent. The
// other errors are *[protocol.Misuse], also after our own Close, and how the
// connection ended.
func (c *Conn) Write(ctx context.Context, op MessageType, message []byte) error {
	if err := c.enterWriting(ctx); err != nil {
		return err
	}
	defer c.writing.leave()
	_, err := c.driver.Send(op, message)
	return c.writeError(err)
}

// WritePrepared sends a message that was framed before. Waiting and errors are
// those of Write.
func (c *Conn) WritePrepared(ctx context.Context, m *protocol.Prepared) error {
	if err := c.enterWriting(ctx); err != nil {
		return err
	}
	defer c.writing.leave()
	_, err := c.driver.SendPrepared(m)
	return c.writeError(err)
}

// Writer starts a message that is written in pieces, each a frame of its own. Until
// it is closed other messages wait, and so does our Close. It must be closed.
func (c *Conn) Writer(ctx context.Context, op MessageType) (*MessageWriter, error) {
	if op != Text && op != Binary {
		return nil, protocol.ErrOpcode
	}
	if err := c.enterWriting(ctx); err != nil {
		return nil, err
	}
	return &MessageWriter{conn: c, ctx: ctx, op: op}, nil
}

// enterWriting waits for the turn to write a message, and for room.
func (c *Conn) enterWriting(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.writing.enter(ctx); err != nil {
		return err
	}
	if err := c.awaitRoom(ctx); err != nil {
		c.writing.leave()
		return err
	}
	return nil
}

// awaitRoom waits until less than writeBound waits to be written.
func (c *Conn) awaitRoom(ctx context.Context) error {
	for c.driver.Queued() >= writeBound {
		select {
		case <-c.room:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ended:
			return endError(c.end)
		}
	}
	return nil
}

// writeError tells how the connection ended rather than that it did.
func (c *Conn) writeError(err error) error {
	if end, ended := c.Outcome(); err != nil && ended {
		return endError(end)
	}
	return err
}

// MessageWriter writes one message. It is for one goroutine at a time.
type MessageWriter struct {
	conn   *Conn
	ctx    context.Context //nolint:containedctx // io.Writer has no place for one
	op     MessageType     // of the next frame
	closed bool
}

// Write sends p as a frame of the message. Waiting and errors are those of
// [Conn.Write]; after an error the message can still be closed.
func (w *MessageWriter) Write(p []byte) (int, error) {
	if w.closed {
		return 0, ErrClosedWriter
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := w.conn.awaitRoom(w.ctx); err != nil {
		return 0, err
	}
	if err := w.send(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the message. A second call changes nothing.
func (w *MessageWriter) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	defer w.conn.writing.leave()
	return w.send(nil, true)
}

func (w *MessageWriter) send(p []byte, last bool) error {
	_, err := w.conn.driver.SendFragment(w.op, p, last)
	if err != nil {
		return w.conn.writeError(err)
	}
	w.op = protocol.Continuation
	return nil
}
