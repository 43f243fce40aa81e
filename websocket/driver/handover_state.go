package driver

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
)

// This file writes and reads the state of a frozen connection: a record of numbered fields. docs/dev/handover.md has the same
// table.

// The fields of the state. A field is left out while its value is 0, empty or absent. Numbers are never used again for another
// meaning. Times are in microseconds; those that may be absent are one larger than they are.
const (
	fieldModes        = 1  // what was agreed in the opening handshake, and the modes of the layer above
	fieldOutTerms     = 2  // the window of compression for our messages: its bits, and 16 if each message begins with an empty one
	fieldInTerms      = 3  // that for the peer's messages
	fieldFlags        = 4  // the facts that are true or false
	fieldMachine      = 5  // the state of the protocol machine, unless that is idle
	fieldUnwritten    = 6  // what the driver has taken from the machine and not written, from the beginning of a frame on
	fieldCheckLeft    = 7  // the time to the next keep-alive check
	fieldWritten      = 8  // the bytes that were on the way to the peer at the last keep-alive check, and those that the transport has taken since
	fieldDelivered    = 9  // what is to be subtracted from fieldWritten: earlier versions count both from the beginning of the connection
	fieldUnanswered   = 10 // the pings that the peer has not answered
	fieldPinged       = 11 // the time since the ping whose round trip is measured
	fieldRoundTrip    = 12 // the last round trip
	fieldTimer        = 13 // the kind of the timer that the machine has requested
	fieldTimerLeft    = 14 // the rest of its time
	fieldTimerHeld    = 15 // the bytes in the kernel when it was started
	fieldWriteLeft    = 16 // the rest of the time of the write timer
	fieldWriteSent    = 17 // the bytes written since that was started
	fieldWriteHeld    = 18 // the bytes in the kernel when it was started
	fieldCloseTimeout = 19 // what replaces the timeouts of closing
	fieldHanded       = 20 // the bytes at the beginning of fieldUnwritten that have been written
)

// The bits of fieldModes.
const (
	modeClient = 1 << iota
	modeHalfOpen
	modeHalfClose
	modePieces
	modeCompression
)

// The bits of fieldFlags.
const (
	flagPaused      = 1 << iota // the handler has paused
	flagWaiting                 // output waits for the transport
	flagWriteClosed             // our direction of the transport has ended
	flagInputEnded              // the end of the peer's direction has been read
	flagHigh                    // Drained is due when the send queue is empty
	flagHeard                   // something has arrived since the last keep-alive check
	flagOutstanding             // something was on its way to the peer at the last keep-alive check
	flagAnswered                // AnsweredPing has not returned the last round trip
)

// noContextTakeover is the bit of a window that begins empty with each message.
const noContextTakeover = 16

func bit(set bool, flag uint64) uint64 {
	if set {
		return flag
	}
	return 0
}

// AppendState appends the state of a frozen connection to b, for [Restore], and returns the extended slice. A connection that is not
// frozen has none.
func (d *Driver) AppendState(b []byte) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.handover != handoverFrozen {
		return b
	}
	m := d.moving()
	b = d.appendModes(b)
	b = wire.AppendUint(b, fieldFlags, d.flags())
	b = d.appendKeepAlive(b, m.checkLeft)
	if d.parked() {
		return b
	}
	if !d.m.Idle() {
		b = wire.AppendRecord(b, fieldMachine, d.m.AppendState)
	}
	return d.appendWorking(b, m)
}

// appendModes appends what Restore needs to make the machine. mu is held.
func (d *Driver) appendModes(b []byte) []byte {
	s := d.settings()
	c, _ := s.machine.Compression.(*compressor)
	b = wire.AppendUint(b, fieldModes, bit(s.machine.Role == protocol.Client, modeClient)|
		bit(s.HalfOpen, modeHalfOpen)|
		bit(s.machine.HalfCloseNegotiated, modeHalfClose)|
		bit(s.Pieces, modePieces)|
		bit(c != nil, modeCompression))
	if c != nil {
		b = wire.AppendUint(b, fieldOutTerms, windowState(c.out.Window()))
		b = wire.AppendUint(b, fieldInTerms, windowState(c.in.Window()))
	}
	return b
}

// windowState returns a window as a number, and windowOf the window.
func windowState(w deflate.Window) uint64 {
	return uint64(w.Bits) | bit(w.NoContextTakeover, noContextTakeover) //nolint:gosec // 15 at most
}

func windowOf(state uint64) deflate.Window {
	return deflate.Window{Bits: int(state & (noContextTakeover - 1)), NoContextTakeover: state&noContextTakeover != 0} //nolint:gosec // four bits
}

func (d *Driver) flags() uint64 {
	s, k := &d.state, &d.keepAlive
	return bit(s.paused, flagPaused) |
		bit(s.writing == writeWaiting, flagWaiting) |
		bit(s.transport == transportWriteClosed, flagWriteClosed) |
		bit(s.input == inputEnded, flagInputEnded) |
		bit(!d.parked() && d.high, flagHigh) |
		bit(k.heard, flagHeard) |
		bit(k.outstanding, flagOutstanding) |
		bit(k.fresh, flagAnswered)
}

// appendKeepAlive appends the state of keep-alive. mu is held.
func (d *Driver) appendKeepAlive(b []byte, left time.Duration) []byte {
	k := &d.keepAlive
	b = appendOptionalTime(b, fieldCheckLeft, left)
	b = wire.AppendInt(b, fieldWritten, k.written)
	b = wire.AppendUint(b, fieldUnanswered, uint64(k.unanswered))
	if k.pinged != 0 {
		b = wire.AppendUint(b, fieldPinged, uint64(microseconds()-k.pinged)+1)
	}
	return wire.AppendUint(b, fieldRoundTrip, uint64(d.roundTrip))
}

// appendWorking appends what is under way. mu is held.
func (d *Driver) appendWorking(b []byte, m *moving) []byte {
	if d.state.writing == writeWaiting {
		start := frameStart(d.out, d.handed)
		b = wire.AppendBytes(b, fieldUnwritten, d.out[start:])
		b = wire.AppendUint(b, fieldHanded, uint64(d.handed-start)) //nolint:gosec // a number of bytes
		b = appendOptionalTime(b, fieldWriteLeft, m.writeLeft)
		b = wire.AppendUint(b, fieldWriteSent, uint64(d.sent))     //nolint:gosec // a number of bytes
		b = wire.AppendUint(b, fieldWriteHeld, uint64(d.sentHeld)) //nolint:gosec // a number of bytes
	}
	if d.armed != protocol.TimerNone {
		b = wire.AppendUint(b, fieldTimer, uint64(d.armed))
		b = appendOptionalTime(b, fieldTimerLeft, m.timerLeft)
		b = wire.AppendUint(b, fieldTimerHeld, uint64(d.held)) //nolint:gosec // a number of bytes
	}
	return wire.AppendUint(b, fieldCloseTimeout, uint64(max(0, d.closeTimeout.Microseconds()))) //nolint:gosec // not negative
}

// appendOptionalTime appends a time, unless it is negative, which means that there is none.
func appendOptionalTime(b []byte, field int, t time.Duration) []byte {
	if t < 0 {
		return b
	}
	return wire.AppendUint(b, field, uint64(t.Microseconds())+1) //nolint:gosec // not negative
}

// optionalTime returns a time that appendOptionalTime has written.
func optionalTime(v uint64) time.Duration {
	return time.Duration(min(v, math.MaxInt64/1000)-1) * time.Microsecond //nolint:gosec // bounded here
}

// ErrState is the error of a state with which a connection cannot be restored.
var ErrState = errors.New("driver: the state of the connection cannot be restored")

// Restore returns a connection that moves from another process: fd is a descriptor of it, which belongs to the connection from
// now on, and state what [Driver.AppendState] has returned there. opts are those of this process; the modes HalfOpen and
// Pieces, and the extensions that were agreed, are those of the state. Nothing is read or written before [Driver.Start]. The
// error matches [ErrState] or [ErrFixed], or is one of the system; then fd has been closed.
func Restore(fd int, state []byte, opts Options) (*Driver, error) {
	d, err := Adopt(fd, opts, func(Op) (int, error) { return 0, protocol.ErrClosing })
	if err != nil {
		return nil, err
	}
	if err := d.Restore(state); err != nil {
		d.Release()
		return nil, err
	}
	return d, nil
}

// Adopt returns a connection that will move from another process, where it is live: fd is a descriptor of it, which belongs to the
// connection from now on. Until [Driver.Start] the calls on it are passed to divert, as after [Driver.Freeze]. Call
// [Driver.Restore] and then Start when its state has arrived, or [Driver.Release] if it is not to move: this closes only the
// descriptor. The error matches [ErrFixed] or is one of the system; then fd has been closed.
func Adopt(fd int, opts Options, divert func(Op) (queued int, err error)) (*Driver, error) {
	t, err := adoptTransport(fd, &opts)
	if err != nil {
		return nil, err
	}
	d := newDriver(t, protocol.Server, nil, opts, terms{})
	if d.notified {
		d.park()
	}
	d.transport = &moving{movableTransport: t, divert: divert, adopted: true, checkLeft: -1, timerLeft: -1, writeLeft: -1}
	d.state.freeze()
	return d, nil
}

// Restore sets the state of a connection that [Adopt] has returned. It is called once. The error matches [ErrState]; then the
// connection can only be released.
func (d *Driver) Restore(state []byte) error {
	d.mu.Lock()
	defer d.rest()
	m := d.moving()
	if m == nil || !m.adopted || d.state.handover != handoverFrozen {
		return fmt.Errorf("%w: it was not adopted", ErrState)
	}
	r := restorer{Reader: wire.NewReader(state)}
	if err := r.read(); err != nil {
		return err
	}
	d.restoreSettings(&r)
	d.restoreKeepAlive(&r)
	m.checkLeft = optionalTime(r.value[fieldCheckLeft])
	d.state.paused = r.flags()&flagPaused != 0
	if r.flags()&flagInputEnded != 0 {
		d.state.input = inputEnded
	}
	if !r.busy() {
		return nil
	}
	if d.notified {
		d.unpark()
	}
	return d.restoreWorking(&r, m)
}

// restorer contains the fields of a state.
type restorer struct {
	*wire.Reader
	value              [fieldHanded + 1]uint64 // of those that are numbers
	machine, unwritten []byte
}

// read reads the fields.
func (r *restorer) read() error {
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch {
		case field == fieldMachine:
			r.machine = r.Bytes()
		case field == fieldUnwritten:
			r.unwritten = r.Bytes()
		case field < len(r.value):
			r.value[field] = r.Uint()
		}
	}
	switch {
	case r.Err() != nil:
		return errors.Join(ErrState, r.Err())
	case r.value[fieldTimer] > uint64(protocol.TimerLinger), r.value[fieldUnanswered] > maxUnanswered, r.value[fieldHanded] > uint64(len(r.unwritten)):
		return fmt.Errorf("%w: a number is too large", ErrState)
	case r.flags()&(flagWaiting|flagWriteClosed) == flagWaiting|flagWriteClosed: // see state.legal
		return fmt.Errorf("%w: output waits after the end of our direction", ErrState)
	}
	return nil
}

func (r *restorer) flags() uint64 { return r.value[fieldFlags] }
func (r *restorer) modes() uint64 { return r.value[fieldModes] }

// number returns a number of bytes.
func (r *restorer) number(field int) int { return int(min(r.value[field], math.MaxInt)) } //nolint:gosec // bounded here

// signed returns a number that may be negative.
func (r *restorer) signed(field int) int64 {
	return int64(r.value[field]>>1) ^ -int64(r.value[field]&1) //nolint:gosec // the bits, from ZigZag order
}

// busy reports whether something is under way, for which the connection needs its working part.
func (r *restorer) busy() bool {
	return r.machine != nil || r.flags()&(flagWaiting|flagWriteClosed|flagHigh) != 0 || r.value[fieldTimer] != 0
}

// restoreSettings sets the settings of a connection with the modes of its state. mu is held.
func (d *Driver) restoreSettings(r *restorer) {
	o := d.settings().Options
	o.HalfOpen, o.Pieces = r.modes()&modeHalfOpen != 0, r.modes()&modePieces != 0
	role, agreed := protocol.Server, terms{halfClose: r.modes()&modeHalfClose != 0}
	if r.modes()&modeClient != 0 {
		role = protocol.Client
	}
	if r.modes()&modeCompression != 0 {
		var tuning deflate.Options
		if o.Compression != nil {
			tuning = *o.Compression
		}
		agreed.compression = newCompressor(windowOf(r.value[fieldOutTerms]), windowOf(r.value[fieldInTerms]), tuning)
	}
	d.opts.Store(o.loopGroup().settings.of(o, role, agreed))
	if !d.parked() {
		d.m.Reset(d.settings().machine)
	}
}

// restoreKeepAlive sets the state of keep-alive. mu is held.
func (d *Driver) restoreKeepAlive(r *restorer) {
	k := &d.keepAlive
	k.written = r.signed(fieldWritten) - r.signed(fieldDelivered)
	k.heard, k.outstanding, k.fresh = r.flags()&flagHeard != 0, r.flags()&flagOutstanding != 0, r.flags()&flagAnswered != 0
	k.unanswered = uint8(r.value[fieldUnanswered]) //nolint:gosec // checked in read
	if ago := r.value[fieldPinged]; ago != 0 {
		k.pinged = max(1, microseconds()-uint32(ago-1)) //nolint:gosec // only differences are used
	}
	d.roundTrip = uint32(r.value[fieldRoundTrip]) //nolint:gosec // written as 32 bits
}

// restoreWorking sets what is under way. mu is held.
func (d *Driver) restoreWorking(r *restorer, m *moving) error {
	if r.machine != nil {
		if err := d.m.Restore(r.machine); err != nil {
			return errors.Join(ErrState, err)
		}
	}
	if d.m.Done() || d.m.EndDue() {
		return fmt.Errorf("%w: the connection has ended", ErrState)
	}
	if r.flags()&flagWriteClosed != 0 {
		d.state.transport = transportWriteClosed
	}
	if r.flags()&flagWaiting != 0 {
		d.out, d.handed = bytes.Clone(r.unwritten), r.number(fieldHanded)
		d.state.writing = writeWaiting
		m.writeLeft = optionalTime(r.value[fieldWriteLeft])
		d.sent, d.sentHeld = r.number(fieldWriteSent), r.number(fieldWriteHeld)
	}
	if d.m.Queued() < len(d.out)-d.handed {
		return fmt.Errorf("%w: the driver has more output than the machine", ErrState)
	}
	d.high = r.flags()&flagHigh != 0
	d.armed, d.held = protocol.Timer(r.value[fieldTimer]), r.number(fieldTimerHeld) //nolint:gosec // checked in read
	m.timerLeft = optionalTime(r.value[fieldTimerLeft])
	d.closeTimeout = time.Duration(min(r.value[fieldCloseTimeout], math.MaxInt64/1000)) * time.Microsecond //nolint:gosec // bounded here
	m.state, m.queued = d.m.State(), d.m.Queued()
	m.closing = !d.m.MaySend()
	return nil
}
