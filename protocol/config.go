package protocol

// Config configures a [Machine]. The zero value is a server with the default limits.
type Config struct {
	// Role is the role of the machine; the zero value is Server.
	Role Role

	// HalfOpen keeps our half open when the peer's Close arrives: Next returns an
	// [EventPeerClose], and the application may continue to send until it closes too.
	HalfOpen bool

	// HalfCloseNegotiated means that both ends agreed in the opening handshake to
	// process data after they have sent their Close; docs/half-close.md specifies the
	// extension. It implies HalfOpen. After our Close the peer need not finish within
	// one half-open timer, as long as something arrives within each.
	HalfCloseNegotiated bool

	// DeferFailure keeps our half open when the peer violates the protocol: Next
	// returns an [EventFailing], and the application can still reply to the messages
	// before the violation, until [Machine.Fail] or the close timer sends our Close.
	// Later input is discarded.
	DeferFailure bool

	// MaxMessage limits the length of a message in bytes; 0 means 1 MiB. It is checked
	// on frame headers, before the payload arrives. A longer message fails the
	// connection with 1009.
	MaxMessage int64

	// Pieces delivers messages in pieces as they arrive ([EventPiece]) instead of
	// whole, so that messages are not held in memory. A compressed message is
	// delivered as a single piece. MaxMessage applies as well.
	Pieces bool

	// Compression compresses our messages and inflates the peer's, if the opening
	// handshake has negotiated that (RFC 7692); nil means no compression.
	Compression Compression

	// MaxFragments limits the number of fragments of a message; a negative value means
	// no limit. More fragments fail the connection with 1008. The default, 0, limits
	// the overhead of fragments instead of their number: for each fragment shorter
	// than 64 bytes the missing bytes are counted, and a message may have 1 MiB of
	// them. That admits 16,384 empty fragments, and any number of fragments of 64 bytes
	// or more. With Pieces only empty fragments count, because others are delivered as
	// they arrive.
	MaxFragments int

	// MaxLinger limits the bytes that are read and discarded while the connection
	// ends; 0 means 16 MiB. Beyond it the transport is closed.
	MaxLinger int64

	// MaskKey returns a fresh, unpredictable key for each frame (RFC 6455, section
	// 5.3). The client role requires it.
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
