package driver

import (
	"errors"
	"math"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/protocol"
)

// Driver is one WebSocket connection on a transport. All methods may be called from any
// goroutine, also during calls of the handler. None blocks until the peer has done something,
// and none calls the handler.
type Driver struct {
	transport transport
	opts      atomic.Pointer[settings] // replaced by SetLimits, with mu held

	state     state      // guarded by mu, like all that follows it
	mu        sync.Mutex // never held during a call of the handler
	handler   Handler    // nil until Start
	keepAlive keepAlive
	roundTrip uint32 // microseconds between the last ping that was answered and its pong
	works     uint16 // calls of Work that are due or have not returned: see beginWork
	notified  bool   // transport is a notifyingTransport; set once
	rare      *rare  // nil until needRare is called
	*working         // nil while the connection is parked: see wake
}

// rare is the part of a connection that most connections of the event loops never need.
type rare struct {
	done  latch.Latch // released when the transport is closed
	check *time.Timer // calls checkPeer; nil unless the transport has no timer for it
	due   time.Time   // when check ends
}

// needRare returns the rare part of a connection. mu is held.
func (d *Driver) needRare() *rare {
	if d.rare == nil {
		d.rare = new(rare)
	}
	return d.rare
}

// announceClosed releases those that wait for the end of the transport. mu is held.
func (d *Driver) announceClosed() {
	if d.rare != nil {
		d.rare.done.Release()
	}
}

// working is the part of a connection that it needs only while it is not parked.
type working struct {
	m     protocol.Machine
	early []byte // bytes that arrived with the handshake; nil once reading has begun

	handled sync.Cond        // signals that events may be delivered again, by another goroutine
	room    []protocol.Event // memory for the events of a call of the handler
	drains  int              // calls of Drained that have not returned

	turning    bool // the batch that is being handled may last until the end of the event loop's turn
	batchBegan time.Time
	batchTimer *time.Timer

	out    []byte // what is being written while the transport blocks
	handed int    // how much of out the transport has or is being given
	high   bool   // the queue has reached the high watermark since it was empty

	writeTimer *time.Timer // runs while the transport blocks
	watched    time.Time   // when writeTimer was armed
	sent       int         // bytes written since writeTimer was armed
	sentHeld   int         // bytes in the kernel when writeTimer was armed

	timer *time.Timer    // the timer that the machine has requested
	armed protocol.Timer // its kind
	due   time.Time      // when it ends
	held  int            // written bytes that had not reached the peer when timer was armed

	readerIn, writerIn bool // the goroutines of a blockingTransport are in its read or write, or will be: see Freeze

	closeTimeout time.Duration // replaces that of opts unless it is 0

	err error // the error of the transport

	counted int // the bytes of this connection that the budget includes
}

// New returns a connection on nc, whose opening handshake has been made; early contains the
// bytes that were read after the handshake. nc belongs to the connection from now on. If it
// has a method CloseWrite, as TCP and TLS have, that is called to close it for writing;
// otherwise nc is closed instead. opts.OfferHalfClose means that half-close has been
// negotiated. Call [Driver.Start] next.
func New(nc net.Conn, role protocol.Role, early []byte, opts Options) *Driver {
	return newDriver(newTransport(nc, &opts), role, early, opts, terms{halfClose: opts.OfferHalfClose})
}

func newDriver(t transport, role protocol.Role, early []byte, opts Options, agreed terms) *Driver {
	d := &Driver{transport: t}
	d.opts.Store(opts.loopGroup().settings.of(opts, role, agreed))
	if n, ok := t.(notifyingTransport); ok {
		d.notified = true
		n.setHandler(d)
	}
	d.unpark()
	d.early = early
	return d
}

// Start begins to read, and to call h. It is called once. A connection that [Restore] has returned goes on with it.
func (d *Driver) Start(h Handler) {
	d.wake()
	d.handler = h
	if !d.state.live() {
		d.thaw(nil)
		d.rest()
		return
	}
	d.armKeepAlive()
	switch t := d.transport.(type) {
	case notifyingTransport:
		early := d.early
		d.early = []byte{} // not nil until reading has begun
		d.rest()
		d.startNotified(t, early)
	case blockingTransport:
		d.startReader(t, d.early)
		d.early = nil
		d.rest()
	}
}

// ErrQueueFull is the error of [Driver.SendWithin] when more waits to be written than the caller
// allows. Nothing was queued.
var ErrQueueFull = errors.New("websocket: the send queue is at the limit; wait until the peer has read")

// Send queues a message, Text or Binary, and returns the bytes that wait to be
// written. Errors as for [protocol.Machine.Send]; then nothing is queued.
func (d *Driver) Send(op protocol.Opcode, payload []byte) (queued int, err error) {
	return d.SendWithin(math.MaxInt, op, payload)
}

// SendWithin is Send with a limit: if that many bytes wait already, nothing is queued and the
// error is [ErrQueueFull].
func (d *Driver) SendWithin(limit int, op protocol.Opcode, payload []byte) (queued int, err error) {
	defer d.enterSend().leave()
	d.wake()
	defer d.rest()
	if !d.state.live() {
		return d.divertMessage(limit, op, payload)
	}
	return d.send(limit, op, payload)
}

// send is SendWithin for a caller that holds mu, on a live connection.
func (d *Driver) send(limit int, op protocol.Opcode, payload []byte) (queued int, err error) {
	if queued = d.m.Queued(); queued >= limit {
		return queued, ErrQueueFull
	}
	d.prime(len(payload))
	err = d.m.Send(op, payload)
	return d.flushSent(), err
}

// SendPreparedWithin is SendWithin for a message that was framed before. [math.MaxInt] means that
// there is no limit.
func (d *Driver) SendPreparedWithin(limit int, p *protocol.Prepared) (queued int, err error) {
	defer d.enterSend().leave()
	d.mu.Lock()
	defer d.rest()
	if !d.state.live() {
		return d.divert(Op{Kind: OpSend, Prepared: p, Limit: limit})
	}
	return d.sendPrepared(limit, p)
}

// sendPrepared is SendPreparedWithin for a caller that holds mu, on a live connection.
func (d *Driver) sendPrepared(limit int, p *protocol.Prepared) (queued int, err error) {
	if d.parked() {
		if limit > 0 && d.settings().machine.Role == protocol.Server {
			return d.sendParked(p), nil
		}
		d.unpark()
	}
	if queued = d.m.Queued(); queued >= limit {
		return queued, ErrQueueFull
	}
	d.prime(p.Len())
	err = d.m.SendPrepared(p)
	return d.flushSent(), err
}

// SendAllPrepared queues messages that were framed before, to be written together if the
// transport takes them. Once the connection is closing they are dropped. If together they reach
// Options.HighWater, Drained is called when they have left.
func (d *Driver) SendAllPrepared(messages []*protocol.Prepared) {
	defer d.enterSend().leave()
	d.wake()
	defer d.rest()
	if !d.state.live() {
		d.divertAll(messages)
		return
	}
	size := 0
	for _, p := range messages {
		size += p.Len()
	}
	d.prime(size)
	for _, p := range messages {
		if d.m.SendPrepared(p) != nil {
			break
		}
	}
	d.noteHigh()
	d.settle()
}

// SendFragment queues one frame of a message: Text or Binary first, then
// Continuation; fin ends the message. Results as for Send.
func (d *Driver) SendFragment(op protocol.Opcode, payload []byte, fin bool) (queued int, err error) {
	defer d.enterSend().leave()
	return d.do(Op{Kind: OpFragment, Opcode: op, Payload: payload, Fin: fin})
}

// flushSent writes what a send has queued, if that is possible now, and returns the bytes that wait
// to be written. mu is held.
func (d *Driver) flushSent() (queued int) {
	d.settle()
	d.noteHigh()
	return d.m.Queued()
}

// Ping queues a ping of at most 125 bytes. The error is protocol.ErrClosing or
// protocol.ErrPing.
func (d *Driver) Ping(payload []byte) error {
	_, err := d.do(Op{Kind: OpPing, Payload: payload})
	return err
}

// Close starts the closing handshake, or finishes it in half-open mode. It does not wait: the
// handler's Closed is called when the connection has ended. A second call changes nothing. The
// error is that of [protocol.CheckClose]; then nothing has changed.
func (d *Driver) Close(code protocol.CloseCode, reason string) error {
	_, err := d.do(Op{Kind: OpClose, Status: protocol.Status{Code: code, Reason: reason}})
	return err
}

// CloseDiscard is Close for a peer that reads too slowly: what waits to be written is dropped,
// and our Close follows what the transport has taken or is being given, 16 KiB at most, and the
// rest of the last frame in it. A message of which a part has been sent is not continued (RFC
// 6455, section 5.4). If a Close was queued before, it is kept with its code, and only what
// waits before it is dropped. Errors as for Close.
func (d *Driver) CloseDiscard(code protocol.CloseCode, reason string) error {
	_, err := d.do(Op{Kind: OpCloseDiscard, Status: protocol.Status{Code: code, Reason: reason}})
	return err
}

// closeDiscard is CloseDiscard for a caller that holds mu, on a live connection.
func (d *Driver) closeDiscard(s protocol.Status) error {
	unsent := len(d.out) - frameEnd(d.out, d.handed)
	err := d.m.CloseDiscard(s.Code, s.Reason, unsent)
	if err == nil && unsent > 0 {
		d.out = slices.Clone(d.out[:len(d.out)-unsent]) // what was dropped takes no memory either
	}
	return err
}

// CloseEmpty is Close with a Close frame that has no status, for a program that relays the Close
// of another connection.
func (d *Driver) CloseEmpty() { _, _ = d.do(Op{Kind: OpCloseEmpty}) }

// PassClose is Close with the status of the Close of another connection, for a proxy. A status without a code makes a
// Close frame without one. It does not wait for the end of a message that SendFragment has begun, since the rest will
// not come, and follows the last frame of it (RFC 6455, section 5.4). The error is that of [protocol.CheckClose]; then
// nothing has changed.
func (d *Driver) PassClose(status protocol.Status) error {
	_, err := d.do(Op{Kind: OpPassClose, Status: status})
	return err
}

// SetCloseTimeout replaces Options.CloseTimeout and Options.HalfOpenTimeout of a connection on which Close has been
// called, for a proxy whose other connection has been lost. A wait that is under way begins again, except in a further call
// with the same timeout. Before our Close it changes nothing.
func (d *Driver) SetCloseTimeout(bound time.Duration) {
	_, _ = d.do(Op{Kind: OpSetCloseTimeout, Timeout: bound})
}

// setCloseTimeout is SetCloseTimeout for a caller that holds mu, on a live connection.
func (d *Driver) setCloseTimeout(bound time.Duration) {
	if d.m.MaySend() || d.m.Done() || d.closeTimeout == bound {
		return
	}
	d.closeTimeout = bound
	d.disarmTimer()
	d.armTimer()
}

// AnswerClose finishes our half in half-open mode with the code and reason of the
// peer's Close. Before that Close, or after ours, it changes nothing.
func (d *Driver) AnswerClose() { _, _ = d.do(Op{Kind: OpAnswerClose}) }

// Fail fails the connection after [protocol.EventFailing]: our Close leaves with the code of
// the violation. Without a violation, or after our Close, it changes nothing.
func (d *Driver) Fail() { _, _ = d.do(Op{Kind: OpFail}) }

// CloseNow closes the transport without a closing handshake. Once the outcome is certain it
// changes nothing: the transport lingers then, for a bounded time, so that no reset destroys our
// Close on its way to the peer (RFC 6455, section 7.1.1).
func (d *Driver) CloseNow() { _, _ = d.do(Op{Kind: OpCloseNow}) }

// HalfCloseNegotiated reports whether both ends agreed in the opening handshake to keep
// processing data after they have sent their Close; docs/half-close.md specifies
// it.
func (d *Driver) HalfCloseNegotiated() bool { return d.settings().machine.HalfCloseNegotiated }

func (d *Driver) settings() *settings { return d.opts.Load() }

// Options returns the options of the connection, with their defaults.
func (d *Driver) Options() Options { return d.settings().Options }

// Addrs returns the addresses of both ends of the transport, nil once it is closed.
func (d *Driver) Addrs() (local, remote net.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.transport == transportClosed {
		return nil, nil
	}
	return d.transport.addrs()
}

// Queued returns the bytes of frames, headers included, that the transport has not taken. For a
// TCP socket the number is exact; on other transports a write, of 16 KiB at most, counts when it
// returns.
func (d *Driver) Queued() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, queued := d.status()
	return queued
}

// State returns the state of the connection in the words of RFC 6455.
func (d *Driver) State() protocol.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	state, _ := d.status()
	return state
}

// Status returns State and Queued together.
func (d *Driver) Status() (state protocol.State, queued int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status()
}

// status is Status for a caller that holds mu.
func (d *Driver) status() (state protocol.State, queued int) {
	if m := d.moving(); m != nil {
		return m.state, m.queued
	}
	if d.parked() {
		return protocol.StateOpen, 0
	}
	return d.m.State(), d.m.Queued()
}

// Done returns a channel that is closed when the transport is closed, which may
// be before or after the handler's Closed.
func (d *Driver) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.transport == transportClosed {
		return latch.Released
	}
	return d.needRare().done.Next()
}

// breakOff ends the connection without a closing handshake. mu is held.
func (d *Driver) breakOff(cause protocol.Cause, err error) {
	if d.m.Done() {
		return
	}
	d.err = err
	d.m.Abort(cause)
	d.transport.reset()
}

// A connection on which nothing happens is parked, if its transport reports readiness: it keeps what is in Driver, and
// its working part goes to a pool. Methods that need that part begin with wake and end with rest. They find the connection
// as it was, because a machine between two messages equals a new one.

// workings is a pool of memory without a state, so all connections of the process share it. park clears what it returns to
// the pool.
var workings = sync.Pool{New: func() any { return new(working) }}

// wake locks the connection, and gives it its working part if it is parked. Unless it is live, the caller must not use that.
func (d *Driver) wake() {
	d.mu.Lock()
	if d.parked() && d.state.live() {
		d.unpark()
	}
}

// wakeLive is wake for what the driver does by itself. It reports whether the connection is live; otherwise it is not
// locked, and what was to be done is done when it is thawed.
func (d *Driver) wakeLive() bool {
	d.mu.Lock()
	if !d.state.live() {
		d.mu.Unlock()
		return false
	}
	if d.parked() {
		d.unpark()
	}
	return true
}

// rest parks the connection if nothing is under way that is not kept in Driver, and unlocks it.
func (d *Driver) rest() {
	d.account()
	if d.notified && !d.parked() && d.idle() {
		d.park()
	}
	if race.Enabled {
		d.state.expect(d.state.legal() && (!d.parked() || d.state.parkable() || d.state.handover == handoverReleased), "rest")
	}
	d.mu.Unlock()
}

// parked reports whether the connection has no working part. Then it is open and nothing is queued. mu is held.
func (d *Driver) parked() bool { return d.working == nil }

// idle reports whether nothing is under way that is not kept in Driver.
func (d *Driver) idle() bool {
	return d.state.parkable() && !d.high && d.armed == protocol.TimerNone && d.drains == 0 && d.early == nil && d.handler != nil && d.m.Idle()
}

// park returns the working to its pool. mu is held.
func (d *Driver) park() {
	w := d.working
	d.working = nil
	*w = working{}
	workings.Put(w)
}

// sendParked sends a message that has been framed. Nothing waits before it, and the transport
// usually takes all of it, so the connection can stay parked. It returns the bytes that wait to be
// written. mu is held.
func (d *Driver) sendParked(p *protocol.Prepared) (queued int) {
	n, err := d.notifier().tryWrite(p.Frame())
	return d.sentParked(p, n, err)
}

// sentParked follows the write of a framed message on a parked connection. Results as for sendParked. mu is held.
func (d *Driver) sentParked(p *protocol.Prepared, n int, err error) (queued int) {
	if n == p.Len() {
		d.keepAlive.written += int64(n)
		return 0
	}
	d.unpark()
	_ = d.m.SendPrepared(p) // cannot fail: a parked connection is open, and between two messages
	out := d.m.Output(nil)
	if d.wrote(n, err); !d.m.Done() {
		d.writeRest(out, n)
	}
	return d.flushSent()
}

// unpark gets a working from the pool. mu is held.
func (d *Driver) unpark() {
	d.working, _ = workings.Get().(*working)
	d.m.Reset(d.settings().machine)
	d.handled.L = &d.mu
}
