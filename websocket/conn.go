package websocket

import (
	"net"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
)

// Conn is one WebSocket connection on a transport. All methods may be called
// from any goroutine, from inside the handler too. None waits for the peer, and
// none calls the handler.
type Conn struct {
	transport transport
	opts      Options
	early     []byte // what arrived with the handshake
	done      chan struct{}

	mu      sync.Mutex // guards what follows; never held during a call of the handler
	m       *protocol.Machine
	handler Handler // nil until Start

	handled   sync.Cond // signals: paused or pumping is over
	paused    bool      // the handler wants no events for now
	pumping   bool      // somebody hands out events
	empty     bool      // the machine has no more events
	ended     bool      // the terminal event is out of the machine
	told      bool      // and the handler's
	drains    int       // calls of Drained that have not returned
	receiving bool      // the reader waits until a batch of input is handled

	batch      bool // a batch of input is handled: its output leaves at the end
	batchTimer *time.Timer
	batchBound bool // batchTimer runs

	writing bool // a goroutine writes

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
	c.prime(len(payload))
	err = c.m.Send(op, payload)
	c.settle()
	return c.m.Queued(), err
}

// SendPrepared queues a message that was framed before. Results as for Send.
func (c *Conn) SendPrepared(p *protocol.Prepared) (queued int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prime(p.Len())
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
func (c *Conn) CloseNow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.breakOff(CauseAbort, nil)
	c.settle()
}

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

// Done returns a channel that is closed when the transport is closed, which may
// be before or after the handler's Closed.
func (c *Conn) Done() <-chan struct{} { return c.done }

// breakOff gives the transport up. mu is held.
func (c *Conn) breakOff(cause protocol.Cause, err error) {
	if c.m.Done() {
		return
	}
	c.err = err
	c.m.Abort(cause)
	c.transport.reset()
}
