package driver

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
)

// Options are the bounds of a connection. The zero value has the defaults. A
// negative duration turns the timer off where that is said to be possible.
type Options struct {
	// HalfOpen keeps our half open when the peer's Close arrives, until the
	// application closes too or HalfOpenTimeout ends.
	HalfOpen bool

	// OfferHalfClose offers the peer, or agrees with it, to keep processing data after a
	// Close: docs/half-close.md specifies it. Driver.HalfCloseNegotiated and Conn.HalfCloseNegotiated report
	// whether it was agreed; if so the connection is in half-open mode.
	OfferHalfClose bool

	// Compression offers permessage-deflate (RFC 7692), or agrees to it; nil means no
	// compression. The zero options have good defaults.
	Compression *deflate.Options

	// Blocking gives the connection a goroutine that reads, also where the event loops of
	// LoopGroup would read for it: on Linux, for plain TCP. It is for comparisons.
	Blocking bool

	// LoopGroup reads for the connection and has its timers, where event loops do that; nil
	// means [DefaultLoopGroup]. The slow handlers of one group do not affect another.
	LoopGroup *LoopGroup

	// Pieces hands messages up in pieces as they arrive; see protocol.Config.
	Pieces bool

	// HighWater is the length of the send queue, in bytes, from which somebody may
	// wait for it to be empty: Handler.Drained tells so then, and only then, however it
	// left. 0 means that Drained tells of what could not be written at once.
	HighWater int

	// MaxMessage bounds a received message in bytes; 0 means 1 MiB. Above it the
	// connection fails with 1009.
	MaxMessage int64

	// MaxFragments bounds the fragments of a received message; negative means no bound.
	// Above it the connection fails with 1008. 0 bounds what they cost, not their number:
	// fragments that are shorter than 64 bytes may lack 1 MiB of that together, so that
	// there may be 16,384 empty ones, and any number of others that MaxMessage admits. On
	// a websocket.Conn, and with Pieces, only empty ones count then, since the others are handed on
	// as they come.
	MaxFragments int

	// ReadAhead bounds what a websocket.Conn holds that has arrived and was not read, in
	// bytes; 0 means 64 KiB. At the bound the transport is not read. What one read of the
	// transport brings, 32 KiB at most, may be held beyond it.
	ReadAhead int

	// Budget counts what the connection holds, together with others; nil counts nothing.
	Budget *Budget

	// WriteTimeout bounds how long what waits to be written may stand still: the peer
	// has to take 16 KiB, or all of it, in each such time; 0 means 30 s, negative turns it
	// off. Then the transport is closed with [CauseStalled]. While a Close of ours waits
	// CloseTimeout takes its place.
	WriteTimeout time.Duration

	// CloseTimeout bounds the wait for our Close to leave and for the peer's to
	// come; 0 means 5 s. Then the transport is closed and the end is not clean. It
	// also bounds the wait for replies to the messages before a violation of the peer.
	CloseTimeout time.Duration

	// HalfOpenTimeout bounds how long our half stays open after the peer's Close;
	// 0 means 30 s. Then the connection is closed with the code the peer sent.
	HalfOpenTimeout time.Duration

	// LingerTimeout and MaxLinger bound the wait for the peer's EOF after both
	// halves are finished, in time and in bytes that are read and dropped; 0 means
	// 5 s and 16 MiB. Then the transport is closed; the end stays as it was told.
	LingerTimeout time.Duration
	MaxLinger     int64

	// KeepAlive is the interval, give or take a tenth, at which a silent peer is
	// sent a ping; 0 means 30 s, negative turns it off. After two unanswered pings
	// the transport is closed with [CauseKeepAlive]. A peer that takes what is sent to
	// it is not silent, however slow it is.
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

// WithDefaults returns the options with the default in the place of each duration, and of ReadAhead, that is zero or, where
// negative does not mean off, negative. A second call changes nothing.
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

// settings are what connections with the same options share.
type settings struct {
	Options
	machine protocol.Config
}

// settingsCache finds the settings of connections by what they are made of. It holds a
// bounded number of them: an application whose connections all have different options gets
// new settings for each.
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

// bound returns how long a timer of the machine runs. The options have their defaults.
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

// newMaskKey returns a key a peer cannot predict: RFC 6455, section 5.3.
func newMaskKey() (key [4]byte) {
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return key
}
