package websocket

import (
	"net"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
)

// Conn is one WebSocket connection on a transport. All methods may be called
// from any goroutine, and none waits for the peer.
type Conn struct {
	transport transport
	handler   Handler
	opts      Options
	early     []byte // what arrived with the handshake
	done      chan struct{}

	mu sync.Mutex // guards what follows; never held during a call of the handler
	m  *protocol.Machine

	handled sync.Cond // signals: paused or pumping is over
	paused  bool      // the handler wants no events for now
	pumping bool      // somebody hands out events
	empty   bool      // the machine has no more events
	batch   bool      // a batch of input is handled: its output leaves at the end

	writing bool   // a goroutine writes
	unsent  []byte // what it writes next

	timer      *time.Timer // the one the machine wants
	armed      protocol.Timer
	keepAlive  *time.Timer
	heard      bool // something arrived since the last look
	unanswered int  // pings

	halfClosed bool
	released   bool
	err        error // what broke the transport
}

// NewConn returns a connection on nc, whose opening handshake is done; early is
// what was read behind the handshake. nc belongs to the connection from now on.
// For half-closing it needs a CloseWrite method, as TCP and TLS have; without
// one it is closed instead. Call [Conn.Start] next.
func NewConn(nc net.Conn, role protocol.Role, early []byte, opts Options) *Conn {
	c := &Conn{
		transport: newTransport(nc),
		opts:      opts,
		early:     early,
		done:      make(chan struct{}),
		m:         protocol.New(opts.config(role)),
	}
	c.handled.L = &c.mu
	return c
}

// Start begins to read and to tell h what happens. It is called once.
func (c *Conn) Start(h Handler) {
	c.mu.Lock()
	c.handler = h
	c.armKeepAlive()
	c.mu.Unlock()
	go c.readLoop()
}

// Send queues a message, Text or Binary, and returns the bytes that wait to be
// written. Errors as for [protocol.Machine.Send]; then nothing is queued.
func (c *Conn) Send(op protocol.Opcode, payload []byte) (queued int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prime()
	err = c.m.Send(op, payload)
	c.settle()
	return c.m.Queued(), err
}

// SendPrepared queues a message that was framed before. Results as for Send.
func (c *Conn) SendPrepared(p *protocol.Prepared) (queued int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prime()
	err = c.m.SendPrepared(p)
	c.settle()
	return c.m.Queued(), err
}

// Close starts the closing handshake, or finishes it in half-open mode. It does
// not wait: the handler's Closed tells the end. A second call changes nothing.
// The error is that of [protocol.CheckClose]; then nothing has changed.
func (c *Conn) Close(code protocol.CloseCode, reason string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.m.Close(code, reason)
	c.settle()
	return err
}

// AnswerClose finishes our half in half-open mode with the code and reason of the
// peer's Close. Before that Close, or after ours, it changes nothing.
func (c *Conn) AnswerClose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.AnswerClose()
	c.settle()
}

// CloseNow closes the transport without a closing handshake.
func (c *Conn) CloseNow() { c.abort(CauseAbort, nil) }

// Queued returns the bytes of frames that wait to be written.
func (c *Conn) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m.Queued()
}

// State returns the state of the connection in the words of RFC 6455.
func (c *Conn) State() protocol.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m.State()
}

// Done returns a channel that is closed when the transport is closed.
func (c *Conn) Done() <-chan struct{} { return c.done }

func (c *Conn) abort(cause protocol.Cause, err error) {
	c.mu.Lock()
	c.breakOff(cause, err)
	c.pump()
	c.settle()
	c.mu.Unlock()
}

// breakOff gives the transport up. mu is held.
func (c *Conn) breakOff(cause protocol.Cause, err error) {
	if c.m.Done() {
		return
	}
	c.err = err
	c.m.Abort(cause)
	c.transport.reset()
}

// settle does what the machine asks of its driver after every call. mu is held.
func (c *Conn) settle() {
	c.flush()
	c.armTimer()
	if c.m.HalfClose() && !c.halfClosed {
		c.halfClosed = true
		c.transport.closeWrite()
	}
	if c.m.Done() && !c.released {
		c.release()
	}
	if c.m.EndDue() && !c.pumping && !c.paused && c.handler != nil {
		go c.deliverEnd() // not here: the caller may be the handler
	}
}

// release closes the transport, which ends the reader and the writer.
func (c *Conn) release() {
	c.released = true
	if c.keepAlive != nil {
		c.keepAlive.Stop()
	}
	c.transport.close()
	c.handled.Broadcast()
	close(c.done)
}

// deliverEnd hands out the terminal event that writing or a call made due.
func (c *Conn) deliverEnd() {
	c.mu.Lock()
	c.pump()
	c.mu.Unlock()
}
