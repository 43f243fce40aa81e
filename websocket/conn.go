package websocket

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
	"github.com/lingerws/linger/websocket/driver"
)

// Options are the limits and modes of a connection. The zero value selects the defaults.
type Options = driver.Options

// IO is a way to read and write transports, for Options.IO.
type IO = driver.IO

// The values of [IO]. docs/io.md describes them.
const (
	IOAuto      = driver.IOAuto
	IORing      = driver.IORing
	IOReadiness = driver.IOReadiness
	IOBlocking  = driver.IOBlocking
)

// CompressionOptions configure permessage-deflate (RFC 7692): which messages are compressed and which parameters are
// accepted. The zero value selects the defaults.
type CompressionOptions = deflate.Options

// MessageType is the type of a message: Text or Binary.
type MessageType = protocol.Opcode

// The types of messages (RFC 6455, section 5.6).
const (
	Text   = protocol.Text
	Binary = protocol.Binary
)

// Conn is a WebSocket connection, of a client or a server. All methods may be called
// from any goroutine, and several goroutines may write.
//
// Pings and the peer's Close are answered even if the application does not read, as
// long as at most Options.ReadAhead bytes are waiting to be read. Beyond that the
// transport is not read, and a connection that is neither read nor written nor closed
// does not notice its end.
//
// The answer to the peer's Close, and our Close after a violation, are sent after the
// replies to the messages that arrived before: when Read has returned those messages
// and is called again. If that takes longer than a fifth of Options.CloseTimeout they
// are sent without waiting for Read; in half-open mode the application has
// Options.HalfOpenTimeout for the messages before a Close.
//
// A call whose context ends returns the context's error. The connection is not
// affected: frames are always written completely, and no part of a message is lost.
type Conn struct {
	driver        *driver.Driver
	subprotocol   string
	local, remote net.Addr

	halfOpen bool // the application answers the peer's Close

	received readAhead
	reading  mutex          // held while a message is read; guards partial and rest
	partial  piece          // the start of a message whose Read was cancelled, or empty
	rest     *MessageReader // the message that is read in pieces, or nil

	writing mutex         // held while a message is written
	drained chan struct{} // has an element when the send queue has emptied
	closing atomic.Bool   // the application has closed

	pings pings

	ended   chan struct{} // closed when outcome is set
	outcome Outcome
}

// NewConn returns a connection on nc, whose opening handshake has been made; early
// contains the bytes that were read after the handshake. nc belongs to the connection
// from now on; [driver.New] documents which methods of nc are used.
func NewConn(nc net.Conn, role protocol.Role, early []byte, opts Options) *Conn {
	return newConn(driver.New(nc, role, early, connOptions(opts)), "", opts)
}

// connOptions returns the options of the driver below a Conn. The driver is always in
// half-open mode: the answer to the peer's Close waits until the messages before it
// have been handled.
func connOptions(opts Options) Options {
	opts.Pieces = true
	opts.HighWater = writeBound
	opts.HalfOpen = true
	return opts
}

func newConn(d *driver.Driver, subprotocol string, opts Options) *Conn {
	c := &Conn{
		driver:      d,
		subprotocol: subprotocol,
		halfOpen:    opts.HalfOpen || d.HalfCloseNegotiated(),
		received:    newReadAhead(d.Options().ReadAhead),
		reading:     newMutex(),
		writing:     newMutex(),
		drained:     make(chan struct{}, 1),
		ended:       make(chan struct{}),
	}
	c.local, c.remote = d.Addrs()
	d.Start((*connEvents)(c))
	return c
}

// Subprotocol returns the subprotocol that was agreed in the opening handshake, or the
// empty string.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// HalfCloseNegotiated reports whether both ends agreed in the opening handshake to
// process data after they have sent their Close (docs/half-close.md). Otherwise a peer
// may drop what arrives after its own Close (RFC 6455, section 5.5.1).
func (c *Conn) HalfCloseNegotiated() bool { return c.driver.HalfCloseNegotiated() }

// State returns the state of the connection, as RFC 6455 names it.
func (c *Conn) State() protocol.State { return c.driver.State() }

// Done returns a channel that is closed when the connection has ended and
// [Conn.Outcome] is final. The transport may stay open for a bounded time after that:
// see [Conn.Linger].
func (c *Conn) Done() <-chan struct{} { return c.ended }

// Outcome returns how the connection ended. ok is false if it has not ended.
func (c *Conn) Outcome() (end Outcome, ok bool) {
	select {
	case <-c.ended:
		return c.outcome, true
	default:
		return Outcome{}, false
	}
}

// Close starts the closing handshake and waits for its end: until the peer's Close has
// arrived and ours has been written, or the connection has been aborted after
// Options.CloseTimeout (Options.HalfOpenTimeout if half-close was negotiated). The
// application need not read: from the first piece on that does not fit into the
// read-ahead, what the peer sends is dropped. A second call waits as well. Close
// returns nil for a clean end, *[Misuse] for a code or reason that may not be sent (the
// connection is unchanged then), and otherwise the error with which the connection ended.
func (c *Conn) Close(code CloseCode, reason string) error {
	if err := c.CloseWrite(code, reason); err != nil {
		return err
	}
	return c.awaitEnd(context.Background())
}

// CloseDiscard is Close for a peer that reads too slowly: it drops the send queue, so
// that our Close is the next frame after those that the transport has or is being given
// (at most 16 KiB, and the rest of the last frame in them). A message that a
// [MessageWriter] has begun is never completed. If our Close is queued already it is
// kept, with its code, and only the frames before it are dropped. CloseDiscard waits and
// returns errors as Close does.
func (c *Conn) CloseDiscard(code CloseCode, reason string) error {
	if err := c.beginClose(code, reason); err != nil {
		return err
	}
	_ = c.driver.CloseDiscard(code, reason) // the code and the reason are valid
	signal(c.drained)                       // the send queue is empty
	return c.awaitEnd(context.Background())
}

// beginClose records that the application closes. It is called before our Close is queued, so that a message that is
// refused because of that Close is a misuse from the beginning. The error is a *[Misuse].
func (c *Conn) beginClose(code CloseCode, reason string) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	c.closing.Store(true)
	return nil
}

// awaitEnd waits for the end of a closing handshake that has been started. If ctx ends
// first the closing handshake continues.
func (c *Conn) awaitEnd(ctx context.Context) error {
	c.received.dropExcess()
	if c.HalfCloseNegotiated() { // the driver does not limit how long the peer may send
		abort := time.AfterFunc(c.driver.Options().HalfOpenTimeout, c.CloseNow)
		defer func() {
			if _, ended := c.Outcome(); ended {
				abort.Stop()
			}
		}()
	}
	select {
	case <-c.ended:
	case <-ctx.Done():
		if _, ended := c.Outcome(); !ended {
			return ctx.Err()
		}
	}
	if c.outcome.Clean {
		return nil
	}
	return endError(c.outcome)
}

// CloseWrite queues our Close after what has been written, and returns at once. After it
// no message can begin and no ping can be sent: such a call returns [protocol.ErrClosing],
// and after the end of the connection the error of the end. A message that a
// [MessageWriter] has begun can be completed, and precedes our Close. The connection can
// be read until the peer closes too. A peer that has agreed to half-close may continue to
// send; any other peer may stop, and has Options.CloseTimeout to answer. A second call has
// no effect. The error is a *[Misuse].
func (c *Conn) CloseWrite(code CloseCode, reason string) error {
	if err := c.beginClose(code, reason); err != nil {
		return err
	}
	return c.driver.Close(code, reason)
}

// CloseNow aborts the connection: it closes the transport without a closing handshake.
// It has no effect on a connection that has ended, so it may be deferred: the lingering
// close, which is bounded, prevents that a reset destroys our Close on its way to the
// peer.
func (c *Conn) CloseNow() {
	if _, ended := c.Outcome(); !ended {
		c.driver.CloseNow()
	}
}

// Linger waits until the transport is closed: after the end of the connection, when the
// peer has ended its direction too, and so has read all that was sent including our
// Close, or after Options.LingerTimeout. If a program exits earlier, what was sent may
// be lost. The error is that of ctx; the lingering close continues then.
func (c *Conn) Linger(ctx context.Context) error {
	closed := c.driver.Done()
	select {
	case <-closed:
		return nil
	default:
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mutex is a lock that can be waited for until a context ends.
type mutex chan struct{}

func newMutex() mutex { return make(mutex, 1) }

func (m mutex) lock(ctx context.Context) error {
	select {
	case m <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m mutex) unlock() { <-m }

// signal puts an element into a channel of capacity 1, unless there is one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// LocalAddr returns the address of our end of the transport.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end of the transport: that of the peer,
// or of the last proxy before it.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }
