package main

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

// proxyCommand passes WebSockets on to backends until a signal ends it.
type proxyCommand struct {
	listenFlags `embed:""`

	To []backendURL `required:"" sep:"none" placeholder:"URL" help:"Backend, such as ws://127.0.0.1:9000/path. May be repeated: a client goes to the one with the fewest connections."`

	hostFlags `embed:""`

	Origin        []originPattern `placeholder:"PATTERN" help:"Origins whose pages may connect, beside those of the same host: https://*.example.com, localhost:*, file://, null, or * for any. May be repeated."`
	TrustedProxy  []network       `placeholder:"NETWORK" help:"Proxies before this one whose X-Forwarded-For, -Proto and -Host and other forwarding fields are kept: 10.0.0.0/8, ::1. Those of other clients are removed. May be repeated."`
	BackendHost   bool            `help:"Send each backend the host of its own URL in Host, instead of the host that the client used."`
	DialTimeout   duration        `default:"10s" help:"Time for the opening handshake with a backend; then the client gets 504."`
	HeaderTimeout duration        `default:"10s" help:"Time a client may take to send the header of a request."`
	MaxMessage    size            `default:"1MiB" help:"Largest message of either side; a larger one closes its connection with 1009. It is never held as a whole."`
	HighWater     size            `default:"64KiB" help:"What may wait on one side before the other is not read."`
	TailTimeout   duration        `default:"30s" help:"How long a side may go on after the other has sent its Close."`
	BackendLost   lost            `default:"1014" help:"What the client is told when the backend is lost: a close code, or cut."`
	ClientLost    lost            `default:"cut" help:"What the backend is told when the client is lost: a close code, or cut."`
	Compression   bool            `help:"Agree to permessage-deflate with each side that wants it. Compressed messages are held as a whole."`
	HalfClose     bool            `help:"Pass the extension half-close on, where both sides want it."`

	backendTLS

	ShutdownTimeout duration `default:"10s" help:"Time for closing all connections after SIGINT or SIGTERM."`

	logFlags `embed:"" group:"The log:"`
}

// Run listens and passes on.
func (c *proxyCommand) Run(out *streams) error {
	log := c.open(out)
	signals := notify()
	options, err := c.options(log.Logger)
	if err != nil {
		return err
	}
	options.AccessLog = log.access
	h, err := proxy.New(options)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.address())
	if err != nil {
		return listenError(c.address(), err)
	}
	signals.expectEnd()
	go signals.ignoreReload(log.Logger)
	c.print(out, "proxy runs at "+address(listener))
	return service{
		handler: logRequests(c.admit(h, listener.Addr(), log.Logger), log.access, options.TrustedProxies), log: log.Logger, headerTimeout: time.Duration(c.HeaderTimeout), limit: time.Duration(c.ShutdownTimeout),
		connections: h.Count, shutdown: h.Shutdown,
	}.serve(listener, signals.end)
}

func (c *proxyCommand) options(log *slog.Logger) (proxy.Options, error) {
	origins, err := linger.Origins(texts(c.Origin)...)
	if err != nil {
		return proxy.Options{}, err
	}
	secure, err := c.config()
	if err != nil {
		return proxy.Options{}, err
	}
	o := proxy.Options{
		To:      texts(c.To),
		Options: websocket.Options{MaxMessage: int64(c.MaxMessage), HalfOpenTimeout: time.Duration(c.TailTimeout), OfferHalfClose: c.HalfClose},
		Origins: origins,

		TrustedProxies: networks(c.TrustedProxy),
		BackendHost:    c.BackendHost,

		DialTimeout: time.Duration(c.DialTimeout),
		TLSConfig:   secure,
		HighWater:   int(c.HighWater),
		BackendLost: c.BackendLost.with("the backend is gone"),
		ClientLost:  c.ClientLost.with("the client is gone"),
		Logger:      log,
	}
	if c.Compression {
		o.Compression = &websocket.CompressionOptions{}
	}
	return o, nil
}

// backendURL is the URL of a backend.
type backendURL string

// Decode reads a URL for kong, so that a wrong one is an error of the command line.
func (b *backendURL) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("URL", &text); err != nil {
		return err
	}
	*b = backendURL(text)
	return proxy.CheckBackend(text)
}

// lost is what one side is told when the other is lost.
type lost proxy.Lost

// with says who it is.
func (l lost) with(reason string) proxy.Lost {
	if !l.Cut {
		l.Reason = reason
	}
	return proxy.Lost(l)
}

// Decode reads a close code, or cut, for kong.
func (l *lost) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("code", &text); err != nil {
		return err
	}
	if text == "cut" {
		*l = lost{Cut: true}
		return nil
	}
	var code protocol.CloseCode
	if _, err := fmt.Sscanf(text, "%d", &code); err != nil {
		return fmt.Errorf("%q is neither a close code, such as 1014, nor cut", text)
	}
	*l = lost{Code: code}
	return protocol.CheckClose(code, "")
}
