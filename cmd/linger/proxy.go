package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/websocket/driver"
)

// proxyCommand forwards WebSocket connections to backends until a signal ends it.
type proxyCommand struct {
	Config string `sources:"flag,environment" placeholder:"FILE" help:"Configuration file. Default: none."`

	entryFlags `embed:""`

	To []backendURL `required:"" sep:"none" placeholder:"URL" help:"URL of a backend, such as ws://127.0.0.1:9000/path. May be repeated: a client is connected to the backend with the fewest connections."`

	hostFlags `embed:""`

	Origin        []originPattern `placeholder:"PATTERN" reload:"live" help:"Origins whose pages may connect, in addition to those of the proxy's own host: https://*.example.com, localhost:*, file://, null, or * for any. May be repeated."`
	TrustedProxy  []network       `placeholder:"NETWORK" reload:"live" help:"Proxies in front of this one, such as 10.0.0.0/8 or ::1, whose X-Forwarded-For, -Proto, -Host and other forwarding fields are kept. Those of other clients are removed. May be repeated."`
	BackendHost   bool            `reload:"live" help:"Send the host of the backend's URL in Host, instead of the client's."`
	DialTimeout   duration        `default:"10s" reload:"live" help:"Time for the opening handshake with a backend. After it the client gets 504."`
	HeaderTimeout duration        `default:"10s" help:"Time for a client to send the header of a request. After it the connection is closed."`
	MaxMessage    size            `default:"1MiB" reload:"live" help:"Largest message from either side. A larger one closes the connection with 1009. Messages are forwarded in pieces, not buffered whole."`
	HighWater     size            `default:"64KiB" reload:"live" help:"Bytes that may be queued for one side before the proxy stops reading the other."`
	TailTimeout   duration        `default:"30s" reload:"live" help:"How long one side may go on sending after the Close of the other."`
	BackendLost   lostAction      `default:"1014" reload:"live" help:"What the client receives when the backend is lost: a close code, or cut to abort the connection."`
	ClientLost    lostAction      `default:"cut" reload:"live" help:"What the backend receives when the client is lost: a close code, or cut to abort the connection."`
	Compression   bool            `reload:"live" help:"Negotiate permessage-deflate with each side that supports it. Compressed messages are buffered whole."`
	HalfClose     bool            `reload:"live" help:"Negotiate the extension half-close where both sides support it."`

	ioFlags `embed:""`

	backendTLS

	ShutdownTimeout duration `default:"10s" help:"Time for closing all connections after SIGINT, and those that are left after a drain."`

	drainFlags `embed:"" group:"Draining:"`
	logFlags   `embed:"" group:"Log:"`
	adminFlags `embed:"" group:"Administration:"`

	handoverFlags `embed:"" group:"Upgrades:"`

	settingSources // set by BeforeResolve
}

// Validate reports numbers that are out of range, and flags that exclude each other. kong calls it.
func (c *proxyCommand) Validate() error {
	return errors.Join(c.entryFlags.Validate(), c.checkDrain(c.ShutdownTimeout), c.adminFlags.Validate())
}

// Run serves the proxy until a signal ends it.
func (c *proxyCommand) Run(out *streams, old *predecessor) error {
	p, err := openProcess(out, old, c.logFlags, c.adminFlags)
	if err != nil {
		return err
	}
	defer p.close()
	log := p.log
	log.warnAll(c.variableWarnings())
	options, err := c.options(log)
	if err != nil {
		return err
	}
	measured := p.admin.observeProxy(&options)
	h, err := proxy.New(options)
	if err != nil {
		return err
	}
	listeners, err := c.openListeners(p.passed, dataName, p.admin.counter(), log.Logger)
	if err != nil {
		return err
	}
	defer listeners.release()
	running := newRunningProxy(h, c, listeners, p)
	running.measured = measured
	reloader, err := running.startReloader(p.signals.reload)
	if err != nil {
		return errors.Join(err, listeners.close())
	}
	defer reloader.close()
	if err := p.begin(c.PidFile, listeners.sockets, running.receive); err != nil {
		return errors.Join(err, listeners.close())
	}
	c.report(log.Logger, driver.CheckRings())
	c.print(out, "proxy runs at "+listeners.urls())
	drains := newDrains(drainableProxy{h}, running.drainOptions, log.Logger)
	upgrades := newUpgrades(running.transferable(), running.handoverFlags, listeners.sockets, p)
	upgrades.stop = reloader.close
	c.serveAdmin(p.admin, out, running, drains, reloader, upgrades)
	return service{
		handler:         running.handler,
		log:             log.Logger,
		headerTimeout:   time.Duration(c.HeaderTimeout),
		shutdownTimeout: time.Duration(c.ShutdownTimeout),
		connections:     h.Count, shutdown: h.Shutdown,
		drains:   drains,
		upgrades: upgrades,
		tookOver: old != nil,
		manager:  p.manager,
	}.serve(listeners, p.signals.shutdown)
}

// options converts the flags to the options of package proxy, with its logs.
func (c *proxyCommand) options(log logs) (proxy.Options, error) {
	origins, err := linger.Origins(toStrings(c.Origin)...)
	if err != nil {
		return proxy.Options{}, err
	}
	tlsConfig, err := c.tlsConfig()
	if err != nil {
		return proxy.Options{}, err
	}
	o := proxy.Options{
		To:      toStrings(c.To),
		Options: websocket.Options{MaxMessage: int64(c.MaxMessage), HalfOpenTimeout: time.Duration(c.TailTimeout), OfferHalfClose: c.HalfClose, IO: c.way()},
		Origins: origins,

		TrustedProxies: networks(c.TrustedProxy),
		BackendHost:    c.BackendHost,

		DialTimeout: time.Duration(c.DialTimeout),
		TLSConfig:   tlsConfig,
		HighWater:   int(c.HighWater),
		BackendLost: c.BackendLost.withReason("the backend is gone"),
		ClientLost:  c.ClientLost.withReason("the client is gone"),
		Logger:      log.Logger,
	}
	access := log.accessFor(c.logFlags, o.TrustedProxies)
	o.AccessLog, o.AccessHeaders = access.to, access.headers
	if c.Compression {
		o.Compression = &websocket.CompressionOptions{}
	}
	return o, nil
}

// backendURL is a flag value that is the URL of a backend.
type backendURL string

// Decode implements kong.MapperValue. It checks the URL, so that an error is reported before the proxy listens.
func (b *backendURL) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("URL", &text); err != nil {
		return err
	}
	*b = backendURL(text)
	return proxy.CheckBackend(text)
}

// lostAction is a flag value that is what one side of the proxy receives when the other is lost.
type lostAction proxy.Lost

// withReason returns l with a close reason, unless l aborts the connection.
func (l lostAction) withReason(reason string) proxy.Lost {
	if !l.Abort {
		l.Reason = reason
	}
	return proxy.Lost(l)
}

// String returns the action in the form that Decode reads.
func (l lostAction) String() string {
	if l.Abort {
		return "cut"
	}
	return strconv.Itoa(int(l.Code))
}

// Decode implements kong.MapperValue: it parses a close code, or the word cut.
func (l *lostAction) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("code", &text); err != nil {
		return err
	}
	if text == "cut" {
		*l = lostAction{Abort: true}
		return nil
	}
	code, err := parseCloseCode(text)
	if err != nil {
		return fmt.Errorf("neither cut nor a close code: %w", err)
	}
	*l = lostAction{Code: code}
	return nil
}

// drainableProxy is a proxy whose drains have the options and the status of package linger.
type drainableProxy struct{ *proxy.Handler }

// StartDrain implements drainable.
func (p drainableProxy) StartDrain(ctx context.Context, opts linger.DrainOptions) (wait func() error, err error) {
	return p.Handler.StartDrain(ctx, proxy.DrainOptions(opts))
}

// DrainStatus implements drainable.
func (p drainableProxy) DrainStatus() linger.DrainStatus {
	d := p.Handler.DrainStatus()
	return linger.DrainStatus{
		State: linger.DrainState(d.State), Options: linger.DrainOptions(d.Options), Began: d.Began,
		Total: d.Total, Left: d.Left, Closed: d.Closed, Rate: d.Rate, Ends: d.Ends,
	}
}
