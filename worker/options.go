package worker

import (
	"crypto/tls"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/egress"
)

// Options configure an application. The zero value is ready to use.
type Options struct {
	// Server has the bounds and policies of the connections. Its Fallback is always
	// the script's fetch event. An UpgradeTimeout of 0 means EventTimeout and 30 s for
	// the wait before it. PolicyBlock acts as PolicyClose, because one slow connection
	// would block all others. LendPayloads has no effect, because messages wait for the
	// engine.
	Server linger.Options

	// Workers is the number of engines that run the application at the same time; 0
	// means 1. A connection belongs to one of them. Each has its own variables:
	// connections share state through channels, or outside of the application.
	Workers int

	// Overlap lets the next event of a connection begin when the listeners of the
	// last one have returned, before their promises are settled, for up to 256 events.
	// The close event still comes last.
	Overlap bool

	// SleepAfter is the time without work after which a worker drops its engine, until
	// the next event; 0 means never. A pending timer, a promise of waitUntil and an event
	// in progress count as work. Variables are lost.
	SleepAfter time.Duration

	// CloseAtReload makes every connection end with the version of the script that has
	// accepted it, as accept({ reload: "close" }) does for one: a reload closes it with
	// 1012. It is for scripts whose connections depend on variables.
	CloseAtReload bool

	// EventTimeout bounds an event; 0 means 30 s. An engine whose script computes for
	// longer is replaced. A listener whose promise settles later no longer delays the
	// connection's next event. EventTimeout bounds loading too.
	EventTimeout time.Duration

	// FinishTimeout bounds the time in which the last version finishes its events, their
	// waitUntil and its timers after a reload; 0 means 5 minutes, and the minimum is
	// EventTimeout. Events that are cut off are logged.
	FinishTimeout time.Duration

	// SlowEvent is the duration from which on an event is logged as slow, with the
	// position of the script at that moment; 0 means 1 s, a negative value never. Each
	// worker logs at most one such line per second.
	SlowEvent time.Duration

	// Memory bounds the script's heap in bytes, including the variables of calls in
	// progress; 0 means 128 MiB. An engine that runs out of memory is replaced;
	// connections stay open. Above 384 MiB the stack limit of the process is raised
	// (debug.SetMaxStack); above 768 MiB a hostile script can end the process by a
	// recursion within a built-in function.
	Memory int64

	// MaxBody bounds the body of a plain HTTP request in bytes; 0 means 10 MiB. A
	// larger one gets 413. It also bounds the bodies of the script's fetches, sent and
	// received; a larger one fails the fetch.
	MaxBody int64

	// Development sets process.env.NODE_ENV to "development" instead of "production",
	// and sends errors of the script, with their stacks, to the clients of plain
	// requests.
	Development bool

	// Vars are the variables in env, with values that JSON can represent. They are not
	// logged.
	Vars map[string]any

	// CompatibilityDate, such as 2026-11-01, and CompatibilityFlags select the behaviour
	// of WebSocket objects in the Workers runtime. Before 2026-04-07, or with
	// web_socket_manual_reply_to_close, the script answers a peer's Close; from then
	// on, or with web_socket_auto_reply_to_close, Linger answers it. Before 2026-03-17
	// binary messages are ArrayBuffers. Without a date the newest behaviour applies.
	CompatibilityDate  string
	CompatibilityFlags []string

	// FetchTimeout bounds a fetch of the script, from the call to the last byte of the
	// answer, including redirects and the time in the queue; 0 means 30 s.
	FetchTimeout time.Duration

	// MaxFetches bounds the fetches in flight of one worker; 0 means 64. Another 256
	// wait in a queue, and more are refused.
	MaxFetches int

	// MaxSockets bounds the WebSockets of one worker to other servers, including those
	// that are being opened or closed; 0 means 256. More fail. Their other bounds are
	// those of Server.
	MaxSockets int

	// Egress has the rules for fetch and for WebSockets to other servers: the first
	// rule that matches decides; without a match the connection is allowed. Rules with
	// addresses apply to the address that is dialled.
	Egress []EgressRule

	// TLSConfig is used for fetches and WebSockets of the script; nil means the default.
	TLSConfig *tls.Config

	// Stdout gets the output of console.log, info and debug, Stderr that of warn and
	// error; nil means those of the process.
	Stdout, Stderr io.Writer

	// Console, if set, gets the script's output instead of Stdout and Stderr: the level,
	// and the text without its line end. Workers call it from several goroutines, and
	// block until it returns.
	Console func(level slog.Level, text string)

	// Logger gets the errors and warnings of the application; nil means slog.Default.
	Logger *slog.Logger
}

// EgressRule allows or denies outgoing connections to a target. The zero value matches nothing;
// [ParseEgressRule] reads rules, and String returns one in the same form. Of several rules the first
// that matches decides; without a match the connection is allowed.
type EgressRule = egress.Rule

// ParseEgressRule reads TARGET=allow or TARGET=deny, where the target is an address
// such as 10.0.0.1, a network such as 10.0.0.0/8 or fd00::/8, a host name, *.NAME for
// all names below one, or * for everything. "allow" and "deny" alone are for *.
func ParseEgressRule(text string) (EgressRule, error) { return egress.ParseRule(text) }

const (
	defaultEventTimeout = 30 * time.Second
	defaultSlowEvent    = time.Second
	defaultFinish       = 5 * time.Minute
	defaultMemory       = 128 << 20
	defaultMaxBody      = 10 << 20
	defaultFetchTimeout = 30 * time.Second
	defaultMaxFetches   = 64
	defaultMaxSockets   = 256

	queueTime = 30 * time.Second // in which an upgrade request may wait for a worker, in addition to EventTimeout
)

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.EventTimeout <= 0 {
		o.EventTimeout = defaultEventTimeout
	}
	if o.FinishTimeout <= 0 {
		o.FinishTimeout = defaultFinish
	}
	o.FinishTimeout = max(o.FinishTimeout, o.EventTimeout)
	if o.SlowEvent == 0 {
		o.SlowEvent = defaultSlowEvent
	}
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.outgoingDefaults()
	o.serverDefaults()
	return o
}

func (o *Options) outgoingDefaults() {
	if o.FetchTimeout <= 0 {
		o.FetchTimeout = defaultFetchTimeout
	}
	if o.MaxFetches <= 0 {
		o.MaxFetches = defaultMaxFetches
	}
	if o.MaxSockets <= 0 {
		o.MaxSockets = defaultMaxSockets
	}
}

func (o *Options) serverDefaults() {
	if o.Server.Logger == nil {
		o.Server.Logger = o.Logger
	}
	if o.Server.UpgradeTimeout == 0 {
		o.Server.UpgradeTimeout = o.EventTimeout + queueTime
	}
	if o.Server.Policy == linger.PolicyBlock {
		o.Server.Policy = linger.PolicyClose
	}
	o.Server.LendPayloads = false
	o.Server = o.Server.WithDefaults()
}
