package main

import (
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

// workerFlags are how the application runs.
type workerFlags struct {
	Workers           int        `default:"1" help:"Engines that run the application side by side. Each connection belongs to one; variables are not shared between them."`
	Overlap           bool       `help:"Let the next event of a connection begin when the listeners of the last have returned, without waiting for their promises."`
	EventTimeout      duration   `default:"30s" help:"Time an event may take. A script that computes for longer has its engine replaced; connections stay."`
	FinishTimeout     duration   `default:"5m" help:"Time the last version has after a reload for what it has begun, waitUntil included; the event timeout at least."`
	SlowEvent         orNever    `default:"1s" help:"Time an event may take before a warning in the log names it, and where the script computes; or never."`
	SleepAfter        duration   `placeholder:"DURATION" help:"Drop an engine that has had nothing to do for so long, until the next event. Never, if not given."`
	Memory            size       `default:"128MiB" help:"Memory the script may use, in each engine. One that runs out is replaced; connections stay."`
	Var               []variable `placeholder:"NAME[=VALUE]" sep:"none" help:"A variable of env: NAME=VALUE, or NAME for one of Linger's environment, so that a secret is in no list of processes. May be repeated."`
	EnvFile           []string   `placeholder:"FILE" sep:"none" help:"File of variables of env, lines of NAME=VALUE, as .env and .dev.vars beside the application are. May be repeated."`
	CompatibilityDate configDate `placeholder:"DATE" help:"Day of the Workers runtime whose WebSocket objects the application expects: 2026-11-01. The newest, if not given."`
	CompatibilityFlag []string   `placeholder:"NAME" sep:"none" help:"web_socket_auto_reply_to_close or web_socket_manual_reply_to_close. May be repeated."`
	Reload            string     `default:"stay" enum:"stay,close" help:"What becomes of connections when the application is loaded anew: they stay, or are closed with 1012, one after the other. accept({ reload }) decides for one."`
	Watch             bool       `help:"Load the application anew when one of its files changes; connections stay. SIGHUP does it, too."`
}

// doorFlags say who may come in.
type doorFlags struct {
	hostFlags `embed:""`

	Origin         []originPattern `placeholder:"PATTERN" help:"Origins whose pages may connect, beside those of the same host: https://*.example.com, localhost:*, file://, null, or * for any. May be repeated."`
	Subprotocol    []token         `placeholder:"NAME" help:"Subprotocols that the server speaks, the best first; the first that a client offers is agreed. May be repeated."`
	MaxConnections int             `default:"100000" help:"Connections there may be; above it requests get 503."`
	MaxPerAddress  int             `placeholder:"N" help:"Connections that one remote address may have; above it requests get 429. Not bounded, if not given."`
	UpgradeRate    float64         `placeholder:"N" help:"Upgrade requests per second; above it they get 503. Not bounded, if not given."`
	HeaderTimeout  duration        `default:"10s" help:"Time a client may take to send the header of a request; then its connection is closed."`
	BodyTimeout    duration        `default:"30s" help:"Time a client may take to send 16 KiB of a request's body, or all of it; then it gets 408 and its connection is closed."`
	UpgradeTimeout duration        `placeholder:"DURATION" help:"Time an upgrade request may take, the wait for a worker included; then it gets 504. The event timeout and 30s, if not given."`
	TrustedProxy   []network       `placeholder:"NETWORK" help:"Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: 10.0.0.0/8, ::1. May be repeated."`
}

// connectionFlags bound each connection.
type connectionFlags struct {
	MaxMessage        size     `default:"1MiB" help:"Largest message a client may send; a larger one closes its connection with 1009."`
	MaxFragments      int      `default:"0" placeholder:"N" help:"Fragments that a message of a client may have; with more its connection closes with 1008. 0 bounds what they cost, 16,384 empty ones or any number of 64 bytes; -1 means no bound."`
	MemoryConnections size     `default:"1GiB" help:"What all connections may hold together, of messages to send and messages that have come; above it those that hold more than their share are closed with 1013."`
	SendQueue         size     `default:"1MiB" help:"What may wait to be sent on a connection before --policy applies."`
	Policy            string   `default:"close" enum:"close,drop" help:"What happens to a message for a connection whose queue is full: close the connection with 1013, or drop the message."`
	HighWater         size     `placeholder:"SIZE" help:"Queue length from which websocketdrain tells that it is empty again. The whole queue, if not given."`
	WriteTimeout      duration `default:"30s" help:"How long a client may read nothing of what waits for it; then its connection is cut."`
	HalfOpenTimeout   duration `default:"30s" help:"Time a half-open connection has, after the client's Close, until it is closed with the client's code."`
	IdleTimeout       duration `placeholder:"DURATION" help:"Close connections, with 1001, on which no message comes or goes for so long. Never, if not given."`
	MaxLifetime       duration `placeholder:"DURATION" help:"Close connections, with 1012, that are so old, give or take a tenth. Never, if not given."`
	Compression       bool     `help:"Agree to permessage-deflate with clients that offer it."`
}

// options gives the flags as package worker takes them.
func (c *runCommand) options(log *slog.Logger) (worker.Options, error) {
	origins, err := linger.Origins(texts(c.Origin)...)
	o := worker.Options{
		Server:       c.server(),
		Workers:      c.Workers,
		Overlap:      c.Overlap,
		EventTimeout: time.Duration(c.EventTimeout),
		SlowEvent:    c.SlowEvent.option(),

		FinishTimeout: time.Duration(c.FinishTimeout),
		SleepAfter:    time.Duration(c.SleepAfter),
		Memory:        int64(c.Memory),
		Development:   c.Watch,
		Vars:          c.vars,
		Logger:        log,

		CloseAtReload: c.Reload == "close",

		CompatibilityDate:  string(c.CompatibilityDate),
		CompatibilityFlags: c.CompatibilityFlag,
	}
	o.Server.Origins = origins
	o.Egress = egressRules(c.Egress)
	o.FetchTimeout = time.Duration(c.FetchTimeout)
	o.MaxFetches, o.MaxSockets = c.MaxFetches, c.MaxSockets
	return o, err
}

func (c *runCommand) server() linger.Options {
	o := linger.Options{
		Options: websocket.Options{
			MaxMessage:      int64(c.MaxMessage),
			MaxFragments:    c.MaxFragments,
			WriteTimeout:    time.Duration(c.WriteTimeout),
			HighWater:       int(c.HighWater),
			HalfOpenTimeout: time.Duration(c.HalfOpenTimeout),
		},
		MaxConnections:  c.MaxConnections,
		MaxPerAddress:   c.MaxPerAddress,
		MaxMemory:       int64(c.MemoryConnections),
		UpgradeRate:     c.UpgradeRate,
		UpgradeTimeout:  time.Duration(c.UpgradeTimeout),
		TrustedProxies:  networks(c.TrustedProxy),
		SendQueue:       int(c.SendQueue),
		IdleTimeout:     time.Duration(c.IdleTimeout),
		MaxLifetime:     time.Duration(c.MaxLifetime),
		ShutdownTimeout: time.Duration(c.ShutdownTimeout),
	}
	for _, name := range c.Subprotocol {
		o.Subprotocols = append(o.Subprotocols, string(name))
	}
	if c.Policy == "drop" {
		o.Policy = linger.PolicyDrop
	}
	if c.Compression {
		o.Compression = &websocket.CompressionOptions{}
	}
	return o
}

// Validate refuses numbers that mean nothing; kong calls it.
func (c *runCommand) Validate() error {
	if err := c.listenFlags.Validate(); err != nil {
		return err
	}
	switch {
	case c.Workers < 1 || c.Workers > maxWorkers:
		return fmt.Errorf("--workers: %d is not from 1 to %d", c.Workers, maxWorkers)
	case c.MaxConnections < 1:
		return fmt.Errorf("--max-connections: %d is not above 0", c.MaxConnections)
	case c.MaxPerAddress < 0:
		return fmt.Errorf("--max-per-address: %d is below 0", c.MaxPerAddress)
	case c.MaxFragments < -1:
		return fmt.Errorf("--max-fragments: %d is below -1, which means no bound", c.MaxFragments)
	case c.MaxFetches < 1:
		return fmt.Errorf("--max-fetches: %d is not above 0", c.MaxFetches)
	case c.MaxSockets < 1:
		return fmt.Errorf("--max-sockets: %d is not above 0", c.MaxSockets)
	case !(c.UpgradeRate >= 0 && c.UpgradeRate <= math.MaxFloat64): // NaN is neither
		return fmt.Errorf("--upgrade-rate: %v is not a number of requests, from 0 on", c.UpgradeRate)
	}
	return nil
}

const maxWorkers = 256

// network is an address, or all that begin alike.
type network netip.Prefix

// Decode reads a network for kong.
func (n *network) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("network", &text); err != nil {
		return err
	}
	prefix, err := netaddr.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("%q is not a network: give an address such as 10.0.0.1, or a network such as 10.0.0.0/8 or fd00::/8", text)
	}
	*n = network(prefix)
	return nil
}

func networks(given []network) []netip.Prefix {
	list := make([]netip.Prefix, 0, len(given))
	for _, n := range given {
		list = append(list, netip.Prefix(n))
	}
	return list
}

// token is the name of a subprotocol.
type token string

// Decode reads a token for kong.
func (n *token) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("name", &text); err != nil {
		return err
	}
	if !handshake.IsToken(text) {
		return fmt.Errorf("%q is not a subprotocol: its name has letters, digits and some of !#$%%&'*+-.^_`|~", text)
	}
	*n = token(text)
	return nil
}
