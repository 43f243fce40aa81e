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
	// Server configures the connections. Its Fallback is always the script's fetch event.
	// An UpgradeTimeout of 0 means EventTimeout plus 30 s, for the wait in the queue.
	// PolicyBlock acts as PolicyClose, because one slow connection would block all
	// others. LendPayloads has no effect, because messages wait for the engine.
	Server linger.Options

	// Runtime selects what runs the script. The zero value is the engine of Linger in this
	// process.
	Runtime Runtime

	// Workers is the number of engines that run the application at the same time; 0
	// means 1. Each connection belongs to one of them. Each engine has its own variables,
	// so connections share state through channels, or outside of the application.
	Workers int

	// Overlap lets the next event of a connection begin when the listeners of the
	// last one have returned, before their promises are settled, for up to 256 events.
	// The close event is still the last one.
	Overlap bool

	// SleepAfter is the time without work after which a worker frees its engine; the next
	// event starts another one. 0 means never. A Durable Object is evicted after this time, or
	// after 10 s if it is 0. A pending timer, a promise of waitUntil, an
	// event in progress and a response that is being sent count as work. Variables are lost.
	SleepAfter time.Duration

	// CloseAtReload makes a reload close every connection with 1012, as
	// accept({ reload: "close" }) does for one connection. It is for scripts whose
	// connections depend on variables.
	CloseAtReload bool

	// EventTimeout bounds an event, and the loading of the script; 0 means 30 s. An engine
	// whose script computes for longer is replaced. If a listener's promise has not
	// settled by then, the connection's next event no longer waits for it.
	EventTimeout time.Duration

	// FinishTimeout is the time in which, after a reload, the last version can finish its
	// events, their promises of waitUntil and the responses whose bodies it is streaming;
	// 0 means 5 minutes, and the minimum is EventTimeout. Events that have not finished by
	// then fail, responses are cut off, and both are logged.
	FinishTimeout time.Duration

	// SlowEvent is the duration from which an event is logged as slow, with the position
	// of the script at that moment; 0 means 1 s, a negative value means never. Each worker
	// logs at most one such line per second.
	SlowEvent time.Duration

	// Memory limits the script's heap in bytes, including the variables of calls in
	// progress; 0 means 128 MiB, and 512 MiB for Node, Bun and Deno. An engine that runs out of memory is replaced;
	// connections stay open. Above 384 MiB the stack limit of the process is raised
	// (debug.SetMaxStack); above 768 MiB a hostile script can end the process by a
	// recursion within a built-in function.
	Memory int64

	// MaxBody limits the body of a plain HTTP request in bytes; 0 means 10 MiB. A request
	// with a larger one gets 413. MaxBody also applies to the complete bodies that the
	// script's fetches send, and to those that the script reads as a whole, for example
	// with text(); bodies that it streams have no limit.
	MaxBody int64

	// Development sets process.env.NODE_ENV to "development" instead of "production",
	// and sends errors of the script, with their stacks, to the clients of plain
	// requests.
	Development bool

	// Vars are the variables in env. Their values must be representable in JSON. They are
	// not logged.
	Vars map[string]any

	// Bindings are what env has besides Vars.
	Bindings Bindings

	// Assets are static files.
	Assets Assets

	// Crons are the schedules, in UTC, by which the scheduled event is dispatched, such as
	// "*/5 * * * *".
	Crons []string

	// Data is the directory in which Durable Objects and KV namespaces are stored. It is
	// created if it does not exist. One process uses it at a time.
	Data string

	// Shared is what the nodes of Server.Cluster share for Durable Objects, so that each object is in one of them at a time; nil
	// means that each node has objects of its own.
	Shared *Shared

	// Migrations are the changes of classes that were made since the first version.
	Migrations []Migration

	// CompatibilityDate, such as 2026-11-01, and CompatibilityFlags select the behaviour
	// of WebSocket objects in the Workers runtime. Before 2026-04-07, or with
	// web_socket_manual_reply_to_close, the script answers a peer's Close; from then
	// on, or with web_socket_auto_reply_to_close, Linger answers it. Before 2026-03-17
	// binary messages are ArrayBuffers. Without a date the newest behaviour applies.
	CompatibilityDate  string
	CompatibilityFlags []string

	// FetchTimeout bounds a fetch of the script from the call to the header of the answer,
	// including redirects and the time in the queue; 0 means 30 s. The body of the answer
	// fails if nothing arrives for as long while the script or a client waits for it, or
	// if the script does not begin to read it.
	FetchTimeout time.Duration

	// MaxFetches limits the fetches of one worker that wait for an answer; 0 means 64. Up
	// to 256 more wait in a queue or receive a body, and further ones are refused.
	MaxFetches int

	// MaxSockets limits the WebSockets of one worker to other servers, including those
	// that are being opened or closed; 0 means 256. Beyond it, opening one fails. Their
	// other limits are those of Server.
	MaxSockets int

	// MaxObjects limits the Durable Objects that one worker has in memory; 0 means 10,000.
	// Beyond it, the one that has been idle for longest is evicted; if none is idle, the
	// event is refused as overloaded.
	MaxObjects int

	// Egress contains the rules for fetch and for WebSockets to other servers. The first
	// rule that matches decides; without a match the connection is allowed. A rule with an
	// address applies to the address that is dialled.
	Egress []EgressRule

	// TLSConfig is used for the script's fetches and WebSockets; nil means the default.
	TLSConfig *tls.Config

	// Stdout gets the output of console.log, info and debug, Stderr that of warn and
	// error; nil means those of the process.
	Stdout, Stderr io.Writer

	// Console, if set, is called with the script's output instead of Stdout and Stderr:
	// with the level, and the text without its line end. Several workers may call it at the
	// same time; each blocks until it returns.
	Console func(level slog.Level, text string)

	// Logger logs the errors and warnings of the application; nil means slog.Default.
	Logger *slog.Logger

	// Trace is called for what happens in the application; nil means nothing is called.
	Trace *Trace

	// StartSpan is called when the handling of an event begins, for distributed tracing; nil means none. It must return
	// quickly. While it is set, the context of the span follows the event's code through awaits and timers, and
	// its fetches are sent with it unless they have a field traceparent.
	StartSpan func(SpanStart) *Span
}

// EgressRule allows or denies outgoing connections to a target. The zero value matches nothing.
// [ParseEgressRule] parses rules, and String returns a rule in the same form.
type EgressRule = egress.Rule

// ParseEgressRule reads TARGET=allow or TARGET=deny, where the target is an address
// such as 10.0.0.1, a network such as 10.0.0.0/8 or fd00::/8, a host name, *.NAME for
// all subdomains of NAME, or * for everything. "allow" and "deny" alone apply to *.
func ParseEgressRule(text string) (EgressRule, error) { return egress.ParseRule(text) }

const (
	defaultEventTimeout = 30 * time.Second
	defaultSlowEvent    = time.Second
	defaultFinish       = 5 * time.Minute
	defaultMemory       = 128 << 20

	defaultRuntimeMemory = 512 << 20 // of Node, Bun and Deno, whose packages need more
	defaultMaxBody       = 10 << 20
	defaultFetchTimeout  = 30 * time.Second
	defaultMaxFetches    = 64
	defaultMaxSockets    = 256
	defaultMaxObjects    = 10_000

	queueTime = 30 * time.Second // how long an upgrade request may wait for a worker by default, before EventTimeout applies
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
	if o.Runtime.Inspect != "" {
		o.EventTimeout, o.SlowEvent = inspectedTimeout, -1
	}
	o.FinishTimeout = max(o.FinishTimeout, o.EventTimeout)
	if o.SlowEvent == 0 {
		o.SlowEvent = defaultSlowEvent
	}
	if o.Memory <= 0 {
		o.Memory = o.Runtime.defaultMemory()
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
	if o.MaxObjects <= 0 {
		o.MaxObjects = defaultMaxObjects
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
