package driver

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
)

// Options are the limits and modes of a connection. The zero value selects the defaults. A
// negative duration turns off the timers for which this is documented.
type Options struct {
	// HalfOpen keeps our half open when the peer's Close arrives, until the application
	// closes too or HalfOpenTimeout has passed.
	HalfOpen bool

	// OfferHalfClose offers or accepts the extension with which both ends process data after
	// their Close (docs/half-close.md). Driver.HalfCloseNegotiated and
	// Conn.HalfCloseNegotiated report whether it is in use; then the connection is in
	// half-open mode.
	OfferHalfClose bool

	// Compression offers or accepts permessage-deflate (RFC 7692). nil means no compression.
	Compression *deflate.Options

	// IO selects how the transport is read and written. The zero value, [IOAuto], selects the best way that the transport
	// and the system have; the others are for comparisons.
	IO IO

	// LoopGroup contains the event loops and timers for the connection, on systems that have
	// event loops. nil means [DefaultLoopGroup]. Slow handlers affect only their own group.
	LoopGroup *LoopGroup

	// Pieces delivers messages in pieces as they arrive; see protocol.Config.
	Pieces bool

	// HighWater is the high watermark of the send queue in bytes: when a queue that has reached
	// it is empty again, Handler.Drained is called. 0 means that Drained is called when a queue
	// is empty that could not be written at once.
	HighWater int

	// MaxMessage is the largest message that is received, in bytes; 0 means 1 MiB. A larger
	// one fails the connection with 1009.
	MaxMessage int64

	// MaxFragments is the largest number of fragments of a received message. More fail the
	// connection with 1008. A negative value means no limit. 0 limits the cost of fragments
	// instead of their number: each one counts with what it is shorter than 64 bytes, up to
	// 1 MiB for a message. A message may so have 16,384 empty fragments, and any number of
	// long ones that MaxMessage admits. On a websocket.Conn, and with Pieces, only empty
	// fragments count then, since the others are delivered as they arrive.
	MaxFragments int

	// ReadAhead is how many bytes a websocket.Conn receives before the application reads them;
	// 0 means 64 KiB. At this limit the transport is not read. The limit may be exceeded by
	// one read of the transport, at most 32 KiB.
	ReadAhead int

	// Budget counts the buffered bytes of this connection and others; nil counts nothing.
	Budget *Budget

	// WriteTimeout bounds the time without progress of the send queue: in each such period the
	// peer must read 16 KiB or the rest of the queue. Otherwise the transport is closed with
	// [CauseStalled]. 0 means 30 s, and a negative value turns it off. While our Close is
	// queued CloseTimeout applies instead.
	WriteTimeout time.Duration

	// CloseTimeout bounds the wait until our Close has been written and the peer's has arrived;
	// 0 means 5 s. After that the transport is closed and the end is not clean. It also bounds
	// the wait for replies to the messages before a violation.
	CloseTimeout time.Duration

	// HalfOpenTimeout bounds how long our half stays open after the peer's Close; 0 means
	// 30 s. After that the connection is closed with the peer's code.
	HalfOpenTimeout time.Duration

	// LingerTimeout and MaxLinger bound the lingering close, in time and in bytes: after the
	// end of the connection input is read and dropped until the peer's EOF. 0 means 5 s and
	// 16 MiB. After that the transport is closed; the outcome does not change.
	LingerTimeout time.Duration
	MaxLinger     int64

	// KeepAlive is the interval, with a variation of a tenth, after which a silent peer is sent
	// a ping; 0 means 30 s, and a negative value turns it off. After two unanswered pings the
	// transport is closed with [CauseKeepAlive]. A peer that reads what is sent to it, however
	// slowly, is not silent.
	KeepAlive time.Duration
}

const (
	defaultCloseTimeout    = 5 * time.Second
	defaultHalfOpenTimeout = 30 * time.Second
	defaultLingerTimeout   = 5 * time.Second
	defaultKeepAlive       = 30 * time.Second
	defaultWriteTimeout    = 30 * time.Second
	defaultReadAhead       = 64 << 10
)

// WithDefaults returns the options with defaults for the durations and ReadAhead that are not set. A negative value counts as
// not set, unless it turns a timer off.
func (o Options) WithDefaults() Options {
	o.CloseTimeout = orDefault(o.CloseTimeout, defaultCloseTimeout)
	o.HalfOpenTimeout = orDefault(o.HalfOpenTimeout, defaultHalfOpenTimeout)
	o.LingerTimeout = orDefault(o.LingerTimeout, defaultLingerTimeout)
	if o.KeepAlive == 0 {
		o.KeepAlive = defaultKeepAlive
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = defaultWriteTimeout
	}
	if o.ReadAhead <= 0 {
		o.ReadAhead = defaultReadAhead
	}
	return o
}

func (o Options) config(role protocol.Role, agreed terms) protocol.Config {
	c := protocol.Config{
		Role:                role,
		HalfOpen:            o.HalfOpen || agreed.halfClose,
		HalfCloseNegotiated: agreed.halfClose,
		DeferFailure:        true, // see Handler.Events
		Pieces:              o.Pieces,
		MaxMessage:          o.MaxMessage,
		MaxFragments:        o.MaxFragments,
		MaxLinger:           o.MaxLinger,
		MaskKey:             newMaskKey,
	}
	if agreed.compression != nil {
		c.Compression = agreed.compression
	}
	return c
}

// settings are shared by connections with the same options.
type settings struct {
	Options
	machine protocol.Config
}

// settingsCache contains a bounded number of settings. An application whose connections all
// have different options gets new settings for each.
type settingsCache struct {
	mu    sync.Mutex
	known map[settingsKey]*settings
}

type settingsKey struct {
	opts      Options
	role      protocol.Role
	halfClose bool
}

const maxCachedSettings = 64

// of returns the settings of a connection. With compression they are the connection's own,
// because they contain its compression state.
func (c *settingsCache) of(o Options, role protocol.Role, agreed terms) *settings {
	o = o.WithDefaults()
	if agreed.compression != nil {
		return &settings{o, o.config(role, agreed)}
	}
	key := settingsKey{o, role, agreed.halfClose}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[key]
	if !ok {
		known = &settings{o, o.config(role, agreed)}
		if c.known == nil {
			c.known = map[settingsKey]*settings{}
		}
		if len(c.known) == maxCachedSettings {
			clear(c.known)
		}
		c.known[key] = known
	}
	return known
}

// bound returns the duration of a timer of the machine. The options must have their defaults.
func (o *Options) bound(t protocol.Timer) time.Duration {
	switch t {
	case protocol.TimerClose:
		return o.CloseTimeout
	case protocol.TimerHalfOpen:
		return o.HalfOpenTimeout
	case protocol.TimerLinger:
		return o.LingerTimeout
	case protocol.TimerNone:
	}
	return 0
}

func orDefault(d, standard time.Duration) time.Duration {
	if d <= 0 {
		return standard
	}
	return d
}

// newMaskKey returns a key that cannot be predicted (RFC 6455, section 5.3).
func newMaskKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return key
}
