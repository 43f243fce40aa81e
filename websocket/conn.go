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

// Options are the bounds of a connection. The zero value has the defaults.
type Options = driver.Options

// CompressionOptions describe how messages are compressed, and what is agreed to. The zero value has good defaults.
type CompressionOptions = deflate.Options

// MessageType is the kind of a message: Text or Binary.
type MessageType = protocol.Opcode

// The kinds of messages: RFC 6455, section 5.6.
const (
	Text   = protocol.Text
	Binary = protocol.Binary
)

// Conn is one WebSocket connection to be read and written, by either end. All
// methods may be called from any goroutine; several may write. Pings and the
// peer's Close are answered without a reader, as long as no more than
// Options.ReadAhead waits to be read. Beyond that the peer is made to wait, and a
// connection that is neither read nor written nor closed does not notice its end.
//
// The answer to the peer's Close, and our Close after a violation, follow the replies
// to the messages that came before: they leave when Read has returned those messages
// and is called again. An application that takes longer for them than a fifth of
// Options.CloseTimeout, or does not read on, is not waited for; in half-open mode it
// has Options.HalfOpenTimeout for what came before a Close.
//
// A context that ends gives its caller the context's error and does the
// connection no harm: no half of a frame is ever written, no part of a message is
// lost.
type Conn struct {
	driver        *driver.Driver
	subprotocol   string
	local, remote net.Addr

	halfOpen bool // the application answers the peer's Close

	in      readAhead
	reading gate           // one reader at a time; it guards what follows
	start   piece          // of a message whose Read gave up, or empty
	rest    *MessageReader // the message that is read in pieces, or nil

	writing gate          // one message at a time
	room    chan struct{} // holds a token when the send queue has emptied
	closing atomic.Bool   // the application has closed

	pings pings

	ended chan struct{} // closed when end is there
	end   Outcome
}

// NewConn returns a connection on nc, whose opening handshake is done; early is
// what was read behind the handshake. nc belongs to the connection from now on;
// see [driver.New] for what it should be able to do.
func NewConn(nc net.Conn, role protocol.Role, early []byte, opts Options) *Conn {
	return newConn(driver.New(nc, role, early, connOptions(opts)), "", opts)
}

// connOptions returns the options of the driver below a Conn. It is always in half-open
// mode: the answer to the peer's Close waits until the messages before it are handled.
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
		in:          newReadAhead(d.Options().ReadAhead),
		reading:     newGate(),
		writing:     newGate(),
		room:        make(chan struct{}, 1),
		ended:       make(chan struct{}),
	}
	c.local, c.remote = d.Addrs()
	d.Start((*connEvents)(c))
	return c
}

// Subprotocol returns what was agreed in the opening handshake, or the empty
// string.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// HalfCloseNegotiated reports whether both ends agreed in the opening handshake to keep
// processing data after they have sent their Close; docs/half-close.md specifies
// it. Without it a peer may drop what arrives after its own Close (RFC 6455,
// section 5.5.1).
func (c *Conn) HalfCloseNegotiated() bool { return c.driver.HalfCloseNegotiated() }

// State returns the state of the connection in the words of RFC 6455.
func (c *Conn) State() protocol.State { return c.driver.State() }

// Done returns a channel that is closed when the connection has ended and
// [Conn.Outcome] is final. The transport may linger for a bounded time after that: see
// [Conn.Linger].
func (c *Conn) Done() <-chan struct{} { return c.ended }

// Outcome returns how the connection ended; ok is false as long as it has not.
func (c *Conn) Outcome() (end Outcome, ok bool) {
	select {
	case <-c.ended:
		return c.end, true
	default:
		return Outcome{}, false
	}
}

// Close starts the closing handshake and waits for its end: until the peer's
// Close has come and ours is written, or Options.CloseTimeout has cut the
// connection (where half-close was agreed: Options.HalfOpenTimeout). What the peer
// still sends is dropped from the first piece that does not fit into the
// read-ahead, so a Close needs no reader. A second call waits too. It returns nil
// for a clean end, *[Misuse] for a code or reason that may not be sent (nothing has
// changed then), and the error of the end otherwise.
func (c *Conn) Close(code CloseCode, reason string) error {
	if err := c.CloseWrite(code, reason); err != nil {
		return err
	}
	return c.awaitEnd(context.Background())
}

// CloseDiscard is Close for a peer that reads too slowly: what waits to be written is
// dropped, so that our Close is the next it gets behind what the transport has, or is
// being given: 16 KiB at most, and the rest of the last frame in it. A message that a
// [MessageWriter] has begun is never finished. After a Close of ours that one stays, its
// code too, and what waits before it is dropped. Waiting and errors are those of Close.
func (c *Conn) CloseDiscard(code CloseCode, reason string) error {
	if err := c.driver.CloseDiscard(code, reason); err != nil {
		return err
	}
	c.closing.Store(true)
	signal(c.room) // who waits for room has nothing to wait for
	return c.awaitEnd(context.Background())
}

// awaitEnd waits for the end of the closing handshake that was started. When ctx ends
// first, that goes on.
func (c *Conn) awaitEnd(ctx context.Context) error {
	c.in.drop()
	if c.HalfCloseNegotiated() { // as long as it sends, the peer was promised time; not for ever
		late := time.AfterFunc(c.driver.Options().HalfOpenTimeout, c.CloseNow)
		defer func() {
			if _, ended := c.Outcome(); ended {
				late.Stop()
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
	if c.end.Clean {
		return nil
	}
	return endError(c.end)
}

// CloseWrite sends our Close behind what is written and does not wait: no data of
// ours follows, and reading goes on until the peer closes too. A peer that agreed
// to half-close keeps sending; others may stop, and have Options.CloseTimeout to
// answer. A second call changes nothing. The error is *[Misuse].
func (c *Conn) CloseWrite(code CloseCode, reason string) error {
	err := c.driver.Close(code, reason)
	if err == nil {
		c.closing.Store(true)
	}
	return err
}

// CloseNow closes the transport without a closing handshake. Once the connection has
// ended it changes nothing, so it may be deferred: the transport lingers then, for a
// bounded time, lest a reset destroy our Close on its way to the peer.
func (c *Conn) CloseNow() {
	if _, ended := c.Outcome(); !ended {
		c.driver.CloseNow()
	}
}

// Linger waits until the transport is closed. After the end of the connection that is
// when the peer has ended its direction too, so that it has read all that was sent, our
// Close included, or after Options.LingerTimeout. A program that exits before may cut that
// off. The error is that of ctx; then the transport goes on lingering.
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

// gate admits one holder at a time, and gives up waiting when a context ends.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g gate) leave() { <-g }

// signal leaves a token for who waits, unless there is one.
func signal(token chan<- struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}

// LocalAddr returns the address of our end of the transport.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the other end of the transport: the peer, or
// the last proxy before it.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }
