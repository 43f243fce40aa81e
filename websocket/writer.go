package websocket

import (
	"context"
	"errors"

	"github.com/lingerws/linger/websocket/driver"

	"github.com/lingerws/linger/protocol"
)

// writeBound is how many bytes may wait to be written before Write waits.
const writeBound = 64 << 10

// Write sends a message. When 64 KiB or more wait to be written it waits until they
// have left, so a slow peer slows the writer; when it returns the message is queued
// and leaves whole, whatever becomes of ctx. If ctx ends first nothing of it was
// sent. The other errors are *[Misuse], also after our own Close, and how the
// connection ended.
func (c *Conn) Write(ctx context.Context, op MessageType, message []byte) error {
	if err := c.enterWriting(ctx); err != nil {
		return err
	}
	defer c.writing.leave()
	_, err := c.driver.Send(op, message)
	return c.sendError(ctx, err)
}

// WritePrepared sends a message that was framed before. Waiting and errors are
// those of Write.
func (c *Conn) WritePrepared(ctx context.Context, m *Prepared) error {
	if err := c.enterWriting(ctx); err != nil {
		return err
	}
	defer c.writing.leave()
	_, err := c.driver.SendPrepared(m)
	return c.sendError(ctx, err)
}

// Writer starts a message that is written in pieces, each a frame of its own. Until
// it is closed other messages wait, and so does our Close; both stop waiting by
// their own bounds, a context or the close timeout.
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
	if end, ended := c.Outcome(); ended {
		return endError(end)
	}
	select {
	case c.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended: // whoever has the turn may never give it back
		return endError(c.end)
	}
	if err := c.awaitRoom(ctx); err != nil {
		c.writing.leave()
		return err
	}
	return nil
}

// awaitRoom makes a caller that finds writeBound waiting to be written wait until
// it has left.
func (c *Conn) awaitRoom(ctx context.Context) error {
	if c.driver.Queued() < writeBound {
		return nil
	}
	defer signal(c.room) // others may wait too
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

// sendError returns what to tell a caller whose send gave err. Sending after our
// own Close is the caller's misuse until the connection has ended. Where the
// peer or a broken rule brought our Close about, the caller could not know: it is
// told the end, which is near then.
func (c *Conn) sendError(ctx context.Context, err error) error {
	if !errors.Is(err, protocol.ErrClosing) {
		return err
	}
	if end, ended := c.Outcome(); ended {
		return endError(end)
	}
	if c.closing.Load() {
		return err
	}
	select {
	case <-c.ended:
		return endError(c.end)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// MessageWriter writes one message. It is for one goroutine at a time, and must be
// closed.
type MessageWriter struct {
	conn   *Conn
	ctx    context.Context //nolint:containedctx // io.Writer has no place for one
	op     MessageType     // of the next frame
	closed bool
}

// Write sends p as a frame of the message. Waiting and errors are those of
// [Conn.Write]; after an error nothing of p was sent, and the message goes on with
// the next Write or Close. A frame of text may end inside a character.
func (w *MessageWriter) Write(p []byte) (int, error) {
	if w.closed {
		return 0, ErrClosedWriter
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if err := w.conn.awaitRoom(w.ctx); err != nil {
		return 0, err
	}
	if err := w.send(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the message; it does so after the end of the context too. A second
// call changes nothing. Text that ends inside a character gives
// [protocol.ErrText], and then the message is not ended: write the rest.
func (w *MessageWriter) Close() error {
	if w.closed {
		return nil
	}
	err := w.send(nil, true)
	if errors.Is(err, protocol.ErrText) {
		return err
	}
	w.closed = true
	w.conn.writing.leave()
	return err
}

func (w *MessageWriter) send(p []byte, last bool) error {
	_, err := w.conn.driver.SendFragment(w.op, p, last)
	if err != nil {
		return w.conn.sendError(w.ctx, err)
	}
	w.op = protocol.Continuation
	return nil
}

// Prepared is a message framed once, to be sent on many connections by
// [Conn.WritePrepared]. It is immutable and safe for concurrent use.
type Prepared = protocol.Prepared

// Prepare frames a message, Text or Binary. The payload is copied. The error is a
// *[Misuse]: text that is not UTF-8, or another type.
func Prepare(op MessageType, payload []byte) (*Prepared, error) { return driver.Prepare(op, payload) }
