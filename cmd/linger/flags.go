package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/netaddr"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// workerFlags are the flags for running the application.
type workerFlags struct {
	Workers           int             `default:"1" help:"Number of engines that run the application in parallel. Each connection is assigned to one; global variables are not shared between them."`
	Overlap           bool            `reload:"live" help:"Start the next event of a connection when the listeners of the last one have returned, without waiting for their promises."`
	EventTimeout      duration        `default:"30s" reload:"live" help:"Maximum time for an event. If a script computes for longer, its engine is replaced; connections stay open."`
	FinishTimeout     duration        `default:"5m" reload:"live" help:"Time that the previous version has after a reload to finish its events and waitUntil promises; never less than the event timeout."`
	SlowEvent         durationOrNever `default:"1s" reload:"live" help:"Log a warning, with the position in the script, when an event takes longer than this; or never."`
	SleepAfter        duration        `placeholder:"DURATION" reload:"live" help:"Stop an engine that has been idle for this long; the next event starts one. A Durable Object is evicted after this time. Default: never; 10s for objects."`
	MaxObjects        int             `default:"10000" reload:"live" help:"Durable Objects that each worker has in memory. Beyond it, the one that has been idle for longest is evicted."`
	Memory            size            `placeholder:"SIZE" reload:"live" help:"Memory limit of the script in each engine or child process, at least 1MiB. An engine that exceeds it is replaced; connections stay open. Default: 128MiB; 512MiB for Node, Bun and Deno."`
	MaxBody           size            `default:"10MiB" reload:"live" help:"Maximum body of a request, and of what fetch sends and receives if it is not streamed. A request with a larger one gets 413."`
	Var               []variable      `sources:"flag" placeholder:"NAME[=VALUE]" sep:"none" help:"Variable of env. NAME alone copies one from Linger's own environment, which keeps secrets out of process lists. May be repeated."`
	EnvFile           []string        `path:"file" placeholder:"FILE" sep:"none" reload:"live" help:"File of variables of env, one NAME=VALUE on each line. .env and .dev.vars in the application's folder are read without it. May be repeated."`
	Env               string          `short:"e" placeholder:"NAME" reload:"live" help:"Environment of the wrangler file: its settings override those at the top."`
	CompatibilityDate configDate      `placeholder:"DATE" reload:"live" help:"Compatibility date of the Workers runtime, such as 2026-11-01, for the behaviour of WebSocket objects. Default: the newest."`
	CompatibilityFlag []string        `aliases:"compatibility-flags" placeholder:"NAME" sep:"none" reload:"live" help:"web_socket_auto_reply_to_close or web_socket_manual_reply_to_close. May be repeated."`
	Reload            string          `default:"stay" enum:"stay,close" reload:"live" help:"What happens to connections when the application is reloaded: stay keeps them open, close closes them with 1012, spread over time. accept({ reload }) overrides it for one connection."`
	Watch             bool            `help:"Reload the application when one of its files changes; connections stay open. SIGHUP also reloads it."`
}

// minMemory is the least --memory with which an engine can load an application.
const minMemory size = 1 << 20

// Validate reports numbers that are out of range. kong calls it.
func (f workerFlags) Validate() error {
	var problems []error
	if f.Workers < 1 || f.Workers > maxWorkers {
		problems = append(problems, fmt.Errorf("--workers: %d is not from 1 to %d", f.Workers, maxWorkers))
	}
	if f.MaxObjects < 1 {
		problems = append(problems, fmt.Errorf("--max-objects: %d is not above 0", f.MaxObjects))
	}
	if f.Memory != 0 && f.Memory < minMemory {
		problems = append(problems, fmt.Errorf("--memory: %d bytes are too few for an engine: give 1MiB or more", f.Memory))
	}
	return errors.Join(problems...)
}

// admissionFlags are the flags for admission control.
type admissionFlags struct {
	hostFlags `embed:""`

	Origin         []originPattern `placeholder:"PATTERN" reload:"live" help:"Origins whose pages may connect, in addition to those of the server's own host: https://*.example.com, localhost:*, file://, null, or * for any. May be repeated."`
	Subprotocol    []token         `placeholder:"NAME" reload:"live" help:"Subprotocol that the server supports, in order of preference: the first one that the client also offers is selected. May be repeated."`
	MaxConnections int             `default:"100000" reload:"live" help:"Maximum number of connections. Further upgrade requests get 503."`
	MaxPerAddress  int             `placeholder:"N" reload:"live" help:"Maximum number of connections from one remote address. Further upgrade requests get 429. Default: unlimited."`
	UpgradeRate    float64         `placeholder:"N" reload:"live" help:"Upgrade requests accepted per second. Further ones get 503. Default: unlimited."`
	HeaderTimeout  duration        `default:"10s" help:"Time for a client to send the header of a request. After it the connection is closed."`
	BodyTimeout    duration        `default:"30s" help:"Time for a client to send each 16 KiB of a request's body, or the rest of it. After it the request gets 408 and the connection is closed."`
	UpgradeTimeout duration        `placeholder:"DURATION" reload:"live" help:"Time for an upgrade request, including the wait for a worker. After it the request gets 504. Default: the event timeout plus 30s."`
	TrustedProxy   []network       `placeholder:"NETWORK" reload:"live" help:"Proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted, such as 10.0.0.0/8 or ::1. May be repeated."`
}

// connectionFlags are the flags that bound each connection.
type connectionFlags struct {
	MaxMessage        size     `default:"1MiB" reload:"live" help:"Largest message accepted from a client. A larger one closes the connection with 1009."`
	MaxFragments      int      `default:"0" placeholder:"N" reload:"live" help:"Maximum number of fragments in a message from a client. More close the connection with 1008. 0 bounds their overhead instead: 16,384 empty fragments, but any number of 64 bytes or more; -1 means no bound."`
	MemoryConnections size     `default:"1GiB" reload:"live" help:"Memory for the queued and received messages of all connections together. Beyond it, connections that use more than their share are closed with 1013."`
	SendQueue         size     `default:"1MiB" reload:"live" help:"Bytes that may be queued for sending on a connection before --policy applies."`
	Policy            string   `default:"close" enum:"close,drop" reload:"live" help:"What happens when the send queue of a connection is full: close closes it with 1013, drop drops the message."`
	HighWater         size     `placeholder:"SIZE" reload:"live" help:"High watermark of the send queue: once it has been reached, a websocketdrain event is dispatched when the queue is empty again. Default: the size of the queue."`
	WriteTimeout      duration `default:"30s" reload:"live" help:"How long a client may fail to read queued data. After it the connection is aborted."`
	HalfOpenTimeout   duration `default:"30s" reload:"live" help:"How long a connection may stay half-open after the client's Close. After it the server answers with the client's code."`
	IdleTimeout       duration `placeholder:"DURATION" reload:"live" help:"Close connections with 1001 after this time without a message in either direction. Default: never."`
	MaxLifetime       duration `placeholder:"DURATION" reload:"live" help:"Close connections with 1012 at this age, plus or minus --lifetime-jitter of it. Default: never."`
	LifetimeJitter    float64  `default:"0.1" reload:"live" help:"Part of --max-lifetime by which the age varies, from 0 to 1, so that clients that connected together do not reconnect together."`
	Compression       bool     `reload:"live" help:"Accept permessage-deflate from clients that offer it."`

	ioFlags `embed:""`
}

// options converts the flags to the options of package worker.
func (c *runCommand) options(log *slog.Logger) (worker.Options, error) {
	runtime, err := c.runtimeOption()
	if err != nil {
		return worker.Options{}, err
	}
	origins, err := linger.Origins(toStrings(c.Origin)...)
	o := worker.Options{
		Server:       c.server(),
		Runtime:      runtime,
		Workers:      c.Workers,
		Overlap:      c.Overlap,
		EventTimeout: time.Duration(c.EventTimeout),
		SlowEvent:    c.SlowEvent.workerOption(),

		FinishTimeout: time.Duration(c.FinishTimeout),
		SleepAfter:    time.Duration(c.SleepAfter),
		Memory:        int64(c.Memory),
		MaxBody:       int64(c.MaxBody),
		Development:   c.Watch,
		Vars:          c.vars,
		Logger:        log,

		CloseAtReload: c.Reload == "close",

		Bindings:   c.bindings,
		Assets:     c.assets,
		Crons:      c.crons,
		Migrations: c.migrations,
		Data:       c.Data,
		MaxObjects: c.MaxObjects,

		CompatibilityDate:  string(c.CompatibilityDate),
		CompatibilityFlags: c.CompatibilityFlag,
	}
	c.applyStatic(&o.Assets)
	o.Server.Origins = origins
	o.Egress = egressRules(c.Egress)
	o.FetchTimeout = time.Duration(c.FetchTimeout)
	o.MaxFetches, o.MaxSockets = c.MaxFetches, c.MaxSockets
	return o, err
}

// server converts the flags to the options of package linger.
func (c *runCommand) server() linger.Options {
	o := linger.Options{
		Options: websocket.Options{
			MaxMessage:      int64(c.MaxMessage),
			MaxFragments:    c.MaxFragments,
			WriteTimeout:    time.Duration(c.WriteTimeout),
			HighWater:       int(c.HighWater),
			HalfOpenTimeout: time.Duration(c.HalfOpenTimeout),
			IO:              c.way(),
		},
		Node:            c.Node,
		MaxConnections:  c.MaxConnections,
		MaxPerAddress:   c.MaxPerAddress,
		MaxMemory:       int64(c.MemoryConnections),
		UpgradeRate:     c.UpgradeRate,
		UpgradeTimeout:  time.Duration(c.UpgradeTimeout),
		TrustedProxies:  networks(c.TrustedProxy),
		Subprotocols:    toStrings(c.Subprotocol),
		SendQueue:       int(c.SendQueue),
		IdleTimeout:     time.Duration(c.IdleTimeout),
		MaxLifetime:     time.Duration(c.MaxLifetime),
		LifetimeJitter:  jitterOption(c.LifetimeJitter),
		ShutdownTimeout: time.Duration(c.ShutdownTimeout),
	}
	if c.Policy == "drop" {
		o.Policy = linger.PolicyDrop
	}
	if c.Compression {
		o.Compression = &websocket.CompressionOptions{}
	}
	return o
}

// Validate reports numbers that are out of range, and flags that exclude each other. kong calls it.
func (c *runCommand) Validate() error {
	problems := []error{
		c.entryFlags.Validate(),
		c.workerFlags.Validate(),
		c.staticFlags.Validate(),
		c.adminFlags.Validate(),
		c.otelFlags.Validate(),
		c.clusterFlags.Validate(),
		c.checkDrain(c.ShutdownTimeout),
	}
	for _, check := range []struct {
		ok   bool
		text string
	}{
		{c.MaxConnections >= 1, fmt.Sprintf("--max-connections: %d is not above 0", c.MaxConnections)},
		{c.MaxPerAddress >= 0, fmt.Sprintf("--max-per-address: %d is below 0", c.MaxPerAddress)},
		{c.MaxFragments >= -1, fmt.Sprintf("--max-fragments: %d is below -1, which means no bound", c.MaxFragments)},
		{c.MaxFetches >= 1, fmt.Sprintf("--max-fetches: %d is not above 0", c.MaxFetches)},
		{c.MaxSockets >= 1, fmt.Sprintf("--max-sockets: %d is not above 0", c.MaxSockets)},
		{c.LifetimeJitter >= 0 && c.LifetimeJitter <= 1, // false for NaN
			fmt.Sprintf("--lifetime-jitter: %v is not from 0 to 1", c.LifetimeJitter)},
		{c.UpgradeRate >= 0 && c.UpgradeRate <= math.MaxFloat64, // false for NaN and infinities
			fmt.Sprintf("--upgrade-rate: %v is not a number of requests per second, 0 or more", c.UpgradeRate)},
	} {
		if !check.ok {
			problems = append(problems, errors.New(check.text))
		}
	}
	return errors.Join(problems...)
}

// jitterOption converts a jitter to the convention of linger.Options, where 0 means the default and negative means none.
func jitterOption(jitter float64) float64 {
	if jitter == 0 {
		return -1
	}
	return jitter
}

const maxWorkers = 256

// network is a flag value that is an IP address or a range of them.
type network netip.Prefix

// Decode implements kong.MapperValue.
func (n *network) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("network", &text); err != nil {
		return err
	}
	prefix, err := parseNetwork(text)
	*n = network(prefix)
	return err
}

func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netaddr.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a network: give an address such as 10.0.0.1, or a network such as 10.0.0.0/8 or fd00::/8", text)
	}
	return prefix, nil
}

// String returns the network in the notation of CIDR.
func (n network) String() string { return netip.Prefix(n).String() }

func networks(given []network) []netip.Prefix {
	list := make([]netip.Prefix, 0, len(given))
	for _, n := range given {
		list = append(list, netip.Prefix(n))
	}
	return list
}

// token is a flag value that is the name of a subprotocol, a token of HTTP (RFC 6455, section 4.1).
type token string

// Decode implements kong.MapperValue.
func (n *token) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("name", &text); err != nil {
		return err
	}
	if !handshake.IsToken(text) {
		return fmt.Errorf("%q is not a subprotocol: a name consists of letters, digits and the characters !#$%%&'*+-.^_`|~", text)
	}
	*n = token(text)
	return nil
}
