package websocket

import (
	"context"
	"errors"
	"math"

	"github.com/lingerws/linger/websocket/driver"

	"github.com/lingerws/linger/protocol"
)

// writeBound is the length of the send queue in bytes from which on Write waits.
const writeBound = 64 << 10

// Write sends a message. While 64 KiB or more are in the send queue it waits, so that a
// slow peer slows the writer. When it returns nil the message has been queued, and is
// sent completely even if ctx ends. If ctx ends first Write returns its error, and
// nothing of the message is sent. A message that may not be sent is a *[Misuse]. So is any
// message after the application has closed: the error is [protocol.ErrClosing] until the
// connection has ended. After the end Write returns its error: *[PeerClosed],
// *[LocalClosed] or *[TransportError]. If our Close answers that of the peer, or a
// violation, the end is near, and Write waits for it.
func (c *Conn) Write(ctx context.Context, op MessageType, message []byte) error {
	if err := c.lockWriting(ctx); err != nil {
		return err
	}
	defer c.writing.unlock()
	_, err := c.driver.Send(op, message)
	return c.sendError(ctx, err)
}

// WritePrepared sends a message that [Prepare] has framed. It waits and returns errors
// as [Conn.Write] does.
func (c *Conn) WritePrepared(ctx context.Context, m *Prepared) error {
	if err := c.lockWriting(ctx); err != nil {
		return err
	}
	defer c.writing.unlock()
	_, err := c.driver.SendPreparedWithin(math.MaxInt, m)
	return c.sendError(ctx, err)
}

// Writer starts a message that is written in pieces, each of which becomes a frame.
// Until the writer is closed other messages and our Close wait: the messages until their
// contexts end, the Close until Options.CloseTimeout has passed.
func (c *Conn) Writer(ctx context.Context, op MessageType) (*MessageWriter, error) {
	if op != Text && op != Binary {
		return nil, protocol.ErrOpcode
	}
	if err := c.lockWriting(ctx); err != nil {
		return nil, err
	}
	return &MessageWriter{conn: c, ctx: ctx, op: op}, nil
}

// lockWriting locks c.writing and waits for the send queue. If it returns an error
// c.writing is not locked.
func (c *Conn) lockWriting(ctx context.Context) error {
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
	case <-c.ended: // a MessageWriter that is never closed keeps the lock
		return endError(c.outcome)
	}
	if err := c.awaitDrain(ctx); err != nil {
		c.writing.unlock()
		return err
	}
	return nil
}

// awaitDrain blocks while the send queue has writeBound bytes or more.
func (c *Conn) awaitDrain(ctx context.Context) error {
	if c.driver.Queued() < writeBound {
		return nil
	}
	defer signal(c.drained) // for the next goroutine that waits
	for c.driver.Queued() >= writeBound {
		select {
		case <-c.drained:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ended:
			return endError(c.outcome)
		}
	}
	return nil
}

// sendError returns the error of a call for which the driver returned err. Until the
// connection has ended, sending after the application's Close is a misuse. If our Close
// answers that of the peer, or a violation, the application has made no mistake:
// sendError waits for the end of the connection, which is near, and returns its error.
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
		return endError(c.outcome)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// MessageWriter writes one message. It must not be used by several goroutines at the
// same time, and must be closed.
type MessageWriter struct {
	conn   *Conn
	ctx    context.Context //nolint:containedctx // io.Writer has no place for one
	op     MessageType     // of the next frame
	closed bool
}

// Write sends p as a frame of the message. It waits and returns errors as [Conn.Write]
// does. After an error nothing of p has been sent, and the message can be continued with
// another Write or Close. A frame of text may end inside a character.
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
	if err := w.conn.awaitDrain(w.ctx); err != nil {
		return 0, err
	}
	if err := w.send(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the message, even if the context has ended. A second call has no effect. If
// text ends inside a character Close returns [protocol.ErrText] and the message is not
// ended: the rest of the character can still be written. The other errors are those of
// [Conn.Write], and the message is not completed then.
func (w *MessageWriter) Close() error {
	if w.closed {
		return nil
	}
	err := w.send(nil, true)
	if errors.Is(err, protocol.ErrText) {
		return err
	}
	w.closed = true
	w.conn.writing.unlock()
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

// Prepared is a message that is framed once, to be sent on many connections with
// [Conn.WritePrepared]. It is immutable and safe for concurrent use.
type Prepared = protocol.Prepared

// Prepare frames a message of type Text or Binary. The payload is copied. It returns a
// *[Misuse] for text that is not UTF-8 and for other types.
func Prepare(op MessageType, payload []byte) (*Prepared, error) { return driver.Prepare(op, payload) }
