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

// Options configure a server. The zero value is ready to use. A negative bound counts as 0, unless its description
// gives it another meaning.
type Options struct {
	// Options bound each connection. HalfOpen has no effect, because AcceptOptions.HalfOpen decides, nor has Pieces.
	//
	// HighWater is the length of the send queue, in bytes, from which its drain is reported; see [Drainer]. 0, and a value above
	// SendQueue, mean SendQueue.
	driver.Options

	// Origins decides which web pages may connect from a browser. The zero value admits pages of the same host. See [Origins].
	Origins handshake.OriginPolicy

	// MaxConnections bounds the number of connections, upgrades in progress included; 0 means 100,000, negative no bound. Beyond
	// it requests get 503 with Retry-After.
	MaxConnections int

	// MaxPerAddress bounds the number of connections of one remote address, or with IPv6 of one network of 64 bits; 0 means no
	// bound, because all clients of a proxy that is not among TrustedProxies share its address. Beyond it requests get 429 with
	// Retry-After. Peers without an address, as on a Unix socket, are not counted.
	MaxPerAddress int

	// UpgradeRate bounds the number of upgrade requests per second, and at once; 0 means no bound. Beyond it requests get 503 with
	// Retry-After. Requests that the two bounds above refuse do not count.
	UpgradeRate float64

	// MaxMemory bounds what all connections together hold, in bytes: messages that wait to be sent, parts of messages that have
	// arrived, and messages that wait for the handler; 0 means 1 GiB, negative no bound. Beyond it the connections that hold more
	// than their share, MaxMemory divided by the number of connections, are closed with 1013 and what waits to be sent on them is
	// dropped; and a connection of which more than its share waits for the handler is not read.
	MaxMemory int64

	// TrustedProxies are the networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are used; empty means none. If there
	// are any, peers on a Unix socket are trusted too.
	TrustedProxies []netip.Prefix

	// Subprotocols are the subprotocols of the server, in its order of preference. The first that a client offers is chosen,
	// unless AcceptOptions.Subprotocol names one.
	Subprotocols []string

	// UpgradeTimeout bounds the Upgrade handler; 0 means 30 s, negative no bound. Then the context of its request ends, and the
	// client gets 504 unless the handler has called Respond. A connection that was accepted and is not complete ends, with cause
	// handshake. The request counts against MaxConnections until the handler returns.
	UpgradeTimeout time.Duration

	// IdleTimeout closes a connection, with 1001, on which no message has come or gone for this time and no event is in progress; 0
	// means no timeout. Pings do not count. A connection that is closing, or half-open, has other bounds.
	IdleTimeout time.Duration

	// MaxLifetime closes a connection, with 1012, when it is about this old; 0 means no bound. LifetimeJitter is the part of it by
	// which the age may be less or more, so that clients that came together do not reconnect together: at most 1; 0 means 0.1, a
	// tenth, and negative none. With 0.5 their connections are spread evenly over the time from the first reconnection on, with
	// 0.1 after several.
	MaxLifetime    time.Duration
	LifetimeJitter float64

	// HandshakeTimeout bounds the writing of the 101; 0 means 10 s.
	HandshakeTimeout time.Duration

	// SendQueue is how many bytes may wait on a connection before Policy applies to the next message; 0 means 1 MiB. It also bounds
	// what is sent before the 101.
	SendQueue int
	Policy    Policy

	// EventQueueMessages and EventQueueBytes bound the event queue of each connection: what has arrived and waits for the handler, in
	// messages and in bytes; 0 means 256 messages and 1 MiB. At a bound the connection is not read until half of it is free.
	EventQueueMessages int
	EventQueueBytes    int

	// LendPayloads saves a copy and an allocation for each message: its payload is the connection's buffer, and belongs to the
	// handler until it returns. A handler that needs the payload for longer has to copy it. In a program that is built with the
	// race detector the payload is overwritten when the handler has returned, so that tests find mistakes.
	LendPayloads bool

	// MaxChannels bounds the subscriptions of a connection; 0 means 1,024.
	MaxChannels int

	// ShutdownTimeout bounds [Server.Shutdown]; 0 means 10 s.
	ShutdownTimeout time.Duration

	// Fallback serves requests that do not ask for a WebSocket; nil responds with 426.
	Fallback http.Handler

	// Node is the name of this server in the ids of its sockets: 1 to 32 ASCII letters and digits. Empty means a random name. An
	// invalid name is logged and replaced by a random one.
	Node string

	// Cluster connects the server with those of other nodes; nil means that it is alone. Its Node replaces the option Node.
	Cluster Cluster

	// Logger logs failures of handlers and, with level info, each request that is refused and each connection that ends
	// abnormally: at most ten lines of a kind per minute, and the number of the others. The ends of all other connections have
	// level debug. nil means slog.Default.
	Logger *slog.Logger

	// AccessLog logs one line, with level info, when a connection ends: its remote address, path, cause, initiator ("client",
	// "server" or "neither": the end that sent the first Close), codes, duration, messages
	// and bytes; nil means no log. The query is omitted, because it may contain secrets.
	AccessLog *slog.Logger

	// AccessHeaders are the names of fields of the upgrade request, such as User-Agent, that the lines of AccessLog contain, as a
	// group with the name header. Fields that a request does not have are left out.
	AccessHeaders []string

	// Trace is called for what happens on the connections; nil means nothing is called.
	Trace *Trace

	// Stats records what [Socket.Stats] returns, which takes about 100 bytes for each connection, and 300 more once a message has come
	// or gone. Without it Stats has no traffic and no recent messages.
	Stats bool
}

// Policy decides what happens to a message for a connection whose send queue is full. Before the 101, when nothing can leave, the
// sender gets [ErrEarlyFull] at once and the connection stays, except under PolicyDrop; a publication that does not fit closes the
// connection with 1013.
type Policy uint8

// The policies. Under PolicyBlock the sender waits as long as the peer reads something (Options.WriteTimeout). For publications,
// which never wait, it is PolicyClose.
const (
	PolicyClose Policy = iota // drop the message and close the connection with 1013
	PolicyDrop                // drop the message
	PolicyBlock               // wait for room
)

// String returns "close", "drop" or "block".
func (p Policy) String() string {
	switch p {
	case PolicyClose:
		return "close"
	case PolicyDrop:
		return "drop"
	case PolicyBlock:
		return "block"
	}
	return "?"
}

// Origins returns a policy that admits pages of the same host and of origins that match one of the patterns, such as
// "https://*.example.com", or "*" for any origin. The error names the pattern that is wrong.
func Origins(patterns ...string) (handshake.OriginPolicy, error) {
	return handshake.NewOriginPolicy(patterns...)
}

const (
	defaultSendQueue          = 1 << 20
	defaultEventQueueMessages = 256
	defaultEventQueueBytes    = 1 << 20
	defaultMaxMemory          = 1 << 30
	defaultMaxChannels        = 1024
	defaultMaxConnections     = 100_000
	defaultUpgradeTimeout     = 30 * time.Second
	defaultShutdownTimeout    = 10 * time.Second
	defaultLifetimeJitter     = 0.1
	maxChannelName            = 256 // bytes
)

// WithDefaults returns the options with each zero value that stands for a default replaced by it, as [NewServer] uses them. An
// invalid Node or subprotocol is logged, and replaced or left out. A second call changes nothing.
func (o Options) WithDefaults() Options {
	o.Options = o.Options.WithDefaults()
	if o.SendQueue <= 0 {
		o.SendQueue = defaultSendQueue
	}
	if o.EventQueueMessages <= 0 {
		o.EventQueueMessages = defaultEventQueueMessages
	}
	if o.EventQueueBytes <= 0 {
		o.EventQueueBytes = defaultEventQueueBytes
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
	switch {
	case o.LifetimeJitter == 0:
		o.LifetimeJitter = defaultLifetimeJitter
	case !(o.LifetimeJitter <= 1): // true for NaN
		o.LifetimeJitter = 1
	}
	if o.ShutdownTimeout <= 0 {
		o.ShutdownTimeout = defaultShutdownTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Node = o.nodeName()
	o.Subprotocols = slices.DeleteFunc(slices.Clone(o.Subprotocols), func(name string) bool {
		invalid := !handshake.IsToken(name)
		if invalid {
			o.Logger.Error("Options.Subprotocols must be tokens (RFC 9110, section 5.6.2); this one is left out", "subprotocol", name)
		}
		return invalid
	})
	return o
}

// nodeName returns the name of the cluster's node, Node if it is one, or a random name.
func (o *Options) nodeName() string {
	name := o.Node
	if o.Cluster != nil {
		name = o.Cluster.Node()
	}
	if ident.IsNode(name) {
		return name
	}
	if name != "" {
		o.Logger.Error("Options.Node must be 1 to 32 letters and digits; a random name is used", "node", name)
	}
	return ident.NewNode()
}

// highWater returns the length of the send queue from which its drain is reported.
func (o *Options) highWater() int {
	if o.HighWater <= 0 || o.HighWater > o.SendQueue {
		return o.SendQueue
	}
	return o.HighWater
}
