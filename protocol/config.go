package protocol

// Config is what a [Machine] must know beforehand. The zero value is a server
// with the default limits.
type Config struct {
	Role Role

	// HalfOpen keeps our half open when the peer's Close arrives: an [EventPeerClose]
	// tells of it, and the application sends on until it closes too.
	HalfOpen bool

	// HalfCloseNegotiated says that both ends agreed in the opening handshake to keep
	// processing data after they have sent their Close; docs/half-close.md specifies
	// it. It implies HalfOpen, and the peer may take its time to finish after our
	// Close, as long as something arrives within each half-open timer.
	HalfCloseNegotiated bool

	// DeferFailure keeps our half open when the peer breaks a rule: an [EventFailing]
	// reports it, and the application can still send replies to the messages before it,
	// until [Machine.Fail] or the close timer sends our Close. No later input is looked at.
	DeferFailure bool

	// MaxMessage bounds a message in bytes; 0 means 1 MiB. It is checked on frame
	// headers, before payload arrives. Above it the connection fails with 1009.
	MaxMessage int64

	// Pieces hands a message up in pieces as they arrive ([EventPiece]) instead of
	// whole, so that no message is held in memory. A compressed one comes in a single
	// piece. MaxMessage holds all the same.
	Pieces bool

	// Compression compresses our messages and inflates the peer's, if that was
	// agreed in the opening handshake (RFC 7692); nil means none.
	Compression Compression

	// MaxFragments bounds the fragments of one message; negative means no bound. Above it
	// the connection fails with 1008. 0 bounds what fragments cost, not their number:
	// those that are shorter than 64 bytes may lack 1 MiB of that together, so that there
	// may be 16,384 empty ones, and any number of others that MaxMessage admits. With
	// Pieces only empty ones count then, since the others are handed up as they come.
	MaxFragments int

	// MaxLinger bounds the bytes that are read and dropped while the connection
	// ends; 0 means 16 MiB. Above it the transport is closed.
	MaxLinger int64

	// MaskKey returns a fresh unpredictable key for a frame (RFC 6455, section
	// 5.3). Needed for the client role only.
	MaskKey func() [4]byte
}

const (
	defaultMaxMessage = 1 << 20
	defaultMaxLinger  = 16 << 20
)

func (c Config) withDefaults() Config {
	c.HalfOpen = c.HalfOpen || c.HalfCloseNegotiated
	if c.MaxMessage == 0 {
		c.MaxMessage = defaultMaxMessage
	}
	if c.MaxLinger == 0 {
		c.MaxLinger = defaultMaxLinger
	}
	return c
}
