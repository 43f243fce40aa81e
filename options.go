package linger

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
)

// Options are what a server can be told. The zero value is ready to use; a
// negative bound counts as 0, except where websocket.Options says otherwise.
type Options struct {
	// The bounds of each connection. HalfOpen is set by AcceptOptions instead.
	websocket.Options

	// Origins decides from which web pages browsers may connect; the zero value
	// admits pages of the same host. See [Origins].
	Origins handshake.OriginPolicy

	// HandshakeTimeout bounds the writing of the 101; 0 means 10 s.
	HandshakeTimeout time.Duration

	// SendQueue is how many bytes may wait on a connection before Policy applies
	// to the next message; 0 means 1 MiB.
	SendQueue int
	Policy    Policy

	// HighWater, of websocket.Options, is the length of the send queue, in bytes, from
	// which the application is told when it is empty again; see [Drainer]. 0 means
	// SendQueue, and so does more.

	// Mailbox bounds what has arrived and waits for the handler, in messages and
	// bytes; 0 means 256 messages and 1 MiB. At the bound the connection is not
	// read until half of it is handled.
	MailboxMessages int
	MailboxBytes    int

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

	// Logger gets what goes wrong in handlers; nil means slog.Default.
	Logger *slog.Logger
}

// Policy says what happens to a message for a connection whose send queue is
// full. PolicyBlock becomes PolicyClose for a peer that has taken nothing for 30 s,
// and in Publish, which never waits. Before the 101, when nothing can leave, it
// drops the message.
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
	defaultMaxChannels     = 1024
	defaultShutdownTimeout = 10 * time.Second
	defaultCloseTimeout    = 5 * time.Second
	maxChannelName         = 256
)

func (o Options) withDefaults() Options {
	if o.SendQueue <= 0 {
		o.SendQueue = defaultSendQueue
	}
	if o.MailboxMessages <= 0 {
		o.MailboxMessages = defaultMailboxMessages
	}
	if o.MailboxBytes <= 0 {
		o.MailboxBytes = defaultMailboxBytes
	}
	if o.MaxChannels <= 0 {
		o.MaxChannels = defaultMaxChannels
	}
	if o.ShutdownTimeout <= 0 {
		o.ShutdownTimeout = defaultShutdownTimeout
	}
	if o.Fallback == nil {
		o.Fallback = http.HandlerFunc(upgradeRequired)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if !validNode(o.Node) {
		if o.Node != "" {
			o.Logger.Error("Options.Node must be 1 to 32 letters and digits; a random name is used", "node", o.Node)
		}
		o.Node = newNode()
	}
	return o
}

func (o *Options) closeTimeout() time.Duration {
	if o.CloseTimeout <= 0 {
		return defaultCloseTimeout
	}
	return o.CloseTimeout
}

// upgradeRequired answers a request that is no WebSocket: RFC 9110, section 15.5.22.
func upgradeRequired(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	http.Error(w, "this address speaks WebSocket only: send Upgrade: websocket", http.StatusUpgradeRequired)
}

// highWater returns the length of a send queue that counts as full.
func (o *Options) highWater() int {
	if o.HighWater <= 0 || o.HighWater > o.SendQueue {
		return o.SendQueue
	}
	return o.HighWater
}
