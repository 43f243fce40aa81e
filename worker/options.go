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

// Options are what an application can be told. The zero value is ready to use.
type Options struct {
	// Server has the bounds and policies of the connections. Its Fallback is the
	// script's fetch event, whatever is set; its UpgradeTimeout, where it is 0, is
	// EventTimeout and 30 s for the wait before. PolicyBlock would hold up every
	// connection for a slow one, so it acts as PolicyClose; LendPayloads has no effect,
	// since messages wait for the engine.
	Server linger.Options

	// Workers is how many engines run the application side by side; 0 means 1. A
	// connection belongs to one of them. Each has variables of its own: what several
	// connections share belongs into channels or outside.
	Workers int

	// Overlap lets the next event of a connection begin when the listeners of the
	// last have returned, without waiting for their promises: 256 of them at the most.
	// The close event still comes last.
	Overlap bool

	// SleepAfter is how long a worker may have nothing to do before its engine is
	// dropped, until the next event; 0 means for ever. A pending timer, a promise of
	// waitUntil and an event in progress keep it awake. Variables do not survive.
	SleepAfter time.Duration

	// CloseAtReload has every connection end with the version of the script that accepted
	// it, as accept({ reload: "close" }) does for one: a reload closes it with 1012. It is
	// for scripts with state in variables that a connection cannot do without.
	CloseAtReload bool

	// EventTimeout bounds an event: a script that computes for longer has its engine
	// replaced, and a listener whose promise settles later no longer holds up the
	// connection's next event; 0 means 30 s. It bounds loading too.
	EventTimeout time.Duration

	// FinishTimeout is how long the last version may go on after a reload, with the events
	// that it has begun, their waitUntil, and timers until then. What is left is cut off,
	// and logged. 0 means 5 minutes; less than EventTimeout acts as EventTimeout.
	FinishTimeout time.Duration

	// SlowEvent is how long an event may take before a warning in the log names it, with
	// the place where the script computes at that moment; 0 means 1 s, less than 0 never.
	// There is one such line a second for each worker at the most.
	SlowEvent time.Duration

	// Memory bounds the script's heap in bytes, with the variables of the calls in
	// progress; 0 means 128 MiB. An engine that runs out is replaced; connections stay.
	// Above 384 MiB it raises the process's limit of stacks (debug.SetMaxStack); above
	// 768 MiB a script that means harm can end the process by a recursion within a
	// built-in function.
	Memory int64

	// MaxBody bounds the body of a plain HTTP request in bytes; 0 means 10 MiB.
	// Above it the request gets 413. It bounds the bodies of what the script fetches
	// too, sent and received; above it the fetch fails.
	MaxBody int64

	// Development has packages run as they do while an application is developed:
	// process.env.NODE_ENV is "development", not "production". It shows the clients of
	// plain requests what went wrong with them, with the stack.
	Development bool

	// Vars are the variables that the script has as env: values that JSON has. Nothing of
	// them is logged.
	Vars map[string]any

	// CompatibilityDate, such as 2026-11-01, and CompatibilityFlags have WebSocket
	// objects behave as the Workers runtime has them for that date: before 2026-04-07, or
	// with web_socket_manual_reply_to_close, the script answers a peer's Close; from then
	// on, or with web_socket_auto_reply_to_close, it is answered. Before 2026-03-17 binary
	// messages are ArrayBuffers. Without a date everything is as it is now.
	CompatibilityDate  string
	CompatibilityFlags []string
	// FetchTimeout bounds a fetch of the script, from the call to the last byte of the
	// answer, redirects and the wait for a place included; 0 means 30 s.
	FetchTimeout time.Duration

	// MaxFetches bounds how many fetches of one worker are on their way at a time; 0
	// means 64. Beyond it 256 wait for their turn, and more are refused.
	MaxFetches int

	// MaxSockets bounds how many WebSockets one worker may have open to other servers,
	// those that are being opened or closed included; 0 means 256. More fail. Their other
	// bounds are those of Server.
	MaxSockets int

	// Egress says what the script may reach with fetch and WebSockets of its own: the
	// first rule that fits decides, and what no rule fits is allowed. Address rules are
	// checked on the address that is dialled.
	Egress []EgressRule

	// TLSConfig is for the https and wss servers that the script reaches; nil means the
	// default.
	TLSConfig *tls.Config

	// Stdout gets what console.log, info and debug print, Stderr what warn and error
	// do; nil means those of the process.
	Stdout, Stderr io.Writer

	// Console, if set, gets what the script prints instead of Stdout and Stderr: the level
	// and the text, without a line break at its end. Workers call it from several
	// goroutines, and stand still until it returns.
	Console func(level slog.Level, text string)

	// Logger gets what goes wrong in the script; nil means slog.Default.
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

	queueTime = 30 * time.Second // that an upgrade request may wait for a worker, beside its event
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

// atReload is what accept takes as reload if it is not given.
func (o *Options) atReload() string {
	if o.CloseAtReload {
		return "close"
	}
	return "stay"
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
