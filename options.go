package linger

import (
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// Options are what a server can be told. The zero value is ready to use; a
// negative bound counts as 0, except where driver.Options says otherwise.
type Options struct {
	// The bounds of each connection. HalfOpen is set by AcceptOptions instead.
	driver.Options

	// Origins decides from which web pages browsers may connect; the zero value
	// admits pages of the same host. See [Origins].
	Origins handshake.OriginPolicy

	// MaxConnections bounds the connections, those included whose upgrade is under way;
	// 0 means 100,000, negative none. Above it requests get 503 with Retry-After.
	MaxConnections int

	// MaxPerAddress bounds the connections of one remote address, of one network of 64
	// bits with IPv6; 0 means no bound: behind a proxy that is not among TrustedProxies
	// all clients have one address. Above it requests get 429 with Retry-After. Peers
	// whose address is not known, on a Unix socket, are not counted.
	MaxPerAddress int

	// UpgradeRate bounds the upgrade requests per second, a second's worth of them at
	// once; 0 means no bound. Above it requests get 503 with Retry-After. Those that the
	// two bounds above have refused do not count.
	UpgradeRate float64

	// MaxMemory bounds what all connections together hold, in bytes: messages that wait to
	// be sent, parts of messages that have come, and messages that wait for the handler;
	// 0 means 1 GiB, negative none. Above it the connections that hold more than their share,
	// MaxMemory by the number of connections, are closed with 1013, what waits for them is
	// dropped, and of no connection more than its share waits for the handler: it is not
	// read then.
	MaxMemory int64

	// TrustedProxies are the networks of proxies whose X-Forwarded-For and
	// X-Forwarded-Proto are believed; nobody's are without. If there are any, peers on
	// a Unix socket are believed too.
	TrustedProxies []netip.Prefix

	// Subprotocols are those that the server speaks, the best first. The first that a
	// client offers is agreed, where AcceptOptions.Subprotocol names none.
	Subprotocols []string

	// UpgradeTimeout bounds the Upgrade handler: the request's context ends then, and
	// the client gets 504 unless the handler has called Respond; 0 means 30 s, negative
	// none. What was accepted and is not complete ends, with cause handshake. The handler
	// itself is waited for, and takes up room in MaxConnections until it returns.
	UpgradeTimeout time.Duration

	// IdleTimeout closes a connection, with 1001, on which no message has come or gone
	// for so long, and for which no handler is at work; 0 means none. Pings do not count.
	// A connection that is closing, or half-open, has other bounds.
	IdleTimeout time.Duration

	// MaxLifetime closes a connection, with 1012, when it is that old, give or take a
	// tenth; 0 means none.
	MaxLifetime time.Duration

	// HandshakeTimeout bounds the writing of the 101; 0 means 10 s.
	HandshakeTimeout time.Duration

	// SendQueue is how many bytes may wait on a connection before Policy applies
	// to the next message; 0 means 1 MiB. It bounds what is sent before the 101 too.
	SendQueue int
	Policy    Policy

	// HighWater, of driver.Options, is the length of the send queue, in bytes, from
	// which the application is told when it is empty again; see [Drainer]. 0 means
	// SendQueue, and so does more.

	// Mailbox bounds what has arrived and waits for the handler, in messages and
	// bytes; 0 means 256 messages and 1 MiB. At the bound the connection is not
	// read until half of it is handled.
	MailboxMessages int
	MailboxBytes    int

	// LendPayloads saves a copy and an allocation for each message: its payload is the
	// connection's buffer, which the handler has until it returns. One that keeps a
	// payload for longer has to copy it. In a program that is built with the race
	// detector a payload is overwritten when its time is over, so that tests find out.
	LendPayloads bool

	// MaxChannels bounds the subscriptions of a connection; 0 means 1,024.
	MaxChannels int

	// ShutdownTimeout bounds [Server.Shutdown]; 0 means 10 s.
	ShutdownTimeout time.Duration

	// Fallback serves requests that do not ask for a WebSocket; nil answers 426.
	Fallback http.Handler

	// Node names this server within the ids of its sockets: 1 to 32 letters and
	// digits of ASCII. Empty means a random name, and so does a wrong one, which is
	// logged.
	Node string

	// Logger gets what goes wrong in handlers, and a line for each request that is refused and
	// each connection that ends abnormally, with level info: at most ten of a kind in a
	// minute, and the number of the others. The ends of all other connections have the
	// level debug. nil means slog.Default.
	Logger *slog.Logger

	// AccessLog gets one line, at level info, when a connection ends, with its remote
	// address, path, cause, codes, duration, messages and bytes; nil means none. The query
	// is left out: it may hold secrets.
	AccessLog *slog.Logger
}

// Policy says what happens to a message for a connection whose send queue is
// full. PolicyBlock waits for as long as the peer takes something (Options.WriteTimeout),
// and is PolicyClose in Publish, which never waits. Before the 101, when nothing can leave,
// the sender gets [ErrEarlyFull] at once, under PolicyBlock too, and the connection stays;
// a publication that does not fit closes it with 1013.
type Policy uint8

// The policies.
const (
	PolicyClose Policy = iota // drop it and close the connection with 1013
	PolicyDrop                // drop it
	PolicyBlock               // wait for room
)

// Origins returns a policy that admits pages of the same host and of origins that
// fit one of the patterns, such as "https://*.example.com" or "*" for any. The
// error tells which pattern is wrong.
func Origins(patterns ...string) (handshake.OriginPolicy, error) {
	return handshake.NewOriginPolicy(patterns...)
}

const (
	defaultSendQueue       = 1 << 20
	defaultMailboxMessages = 256
	defaultMailboxBytes    = 1 << 20
	defaultMaxMemory       = 1 << 30
	defaultMaxChannels     = 1024
	defaultMaxConnections  = 100_000
	defaultUpgradeTimeout  = 30 * time.Second
	defaultShutdownTimeout = 10 * time.Second
	maxChannelName         = 256
)

// WithDefaults returns the options with the default in the place of each zero value that stands for one, as [NewServer]
// uses them. A wrong Node or subprotocol is logged and replaced or left out. A second call changes nothing.
func (o Options) WithDefaults() Options {
	o.Options = o.Options.WithDefaults()
	if o.SendQueue <= 0 {
		o.SendQueue = defaultSendQueue
	}
	if o.MailboxMessages <= 0 {
		o.MailboxMessages = defaultMailboxMessages
	}
	if o.MailboxBytes <= 0 {
		o.MailboxBytes = defaultMailboxBytes
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = defaultMaxMemory
	}
	if o.MaxChannels <= 0 {
		o.MaxChannels = defaultMaxChannels
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = defaultMaxConnections
	}
	if o.UpgradeTimeout == 0 {
		o.UpgradeTimeout = defaultUpgradeTimeout
	}
	if o.ShutdownTimeout <= 0 {
		o.ShutdownTimeout = defaultShutdownTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if !ident.IsNode(o.Node) {
		if o.Node != "" {
			o.Logger.Error("Options.Node must be 1 to 32 letters and digits; a random name is used", "node", o.Node)
		}
		o.Node = ident.NewNode()
	}
	o.Subprotocols = slices.DeleteFunc(slices.Clone(o.Subprotocols), func(name string) bool {
		wrong := !handshake.IsToken(name)
		if wrong {
			o.Logger.Error("Options.Subprotocols must be tokens: RFC 9110, section 5.6.2; this one is left out", "subprotocol", name)
		}
		return wrong
	})
	return o
}

// highWater returns the length of a send queue that counts as full.
func (o *Options) highWater() int {
	if o.HighWater <= 0 || o.HighWater > o.SendQueue {
		return o.SendQueue
	}
	return o.HighWater
}
