package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/worker"
)

// runCommand serves one application until a signal ends it.
type runCommand struct {
	App string `arg:"" optional:"" help:"The application's module, .js or .ts. What main says in the configuration file, if not given."`

	listenFlags `embed:""`

	Config          string   `placeholder:"FILE" help:"Configuration file. linger.toml beside the application, if not given and there is one."`
	ShutdownTimeout duration `default:"10s" help:"Time for closing all connections after SIGINT or SIGTERM."`

	workerFlags     `embed:"" group:"The application:"`
	doorFlags       `embed:"" group:"Who may come in:"`
	connectionFlags `embed:"" group:"Each connection:"`
	egressFlags     `embed:"" group:"What the application reaches:"`
	logFlags        `embed:"" group:"The log:"`

	vars    map[string]any // of env, from all sources; set by configure
	notices []configNotice // for the log

	boundGiven bool // --max-connections is on the command line
}

// AfterApply notes which flags were given; kong calls it.
func (c *runCommand) AfterApply(ctx *kong.Context) error { //nolint:unparam // kong calls methods of this form
	c.boundGiven = slices.ContainsFunc(ctx.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == "max-connections" })
	return nil
}

// Run loads the application, then listens, so that no client meets one that does
// not load.
func (c *runCommand) Run(out *streams) error {
	if err := c.configure(); err != nil {
		return err
	}
	log := c.open(out)
	signals := notify()
	app, err := c.load(log)
	if err != nil {
		return fmt.Errorf("cannot load %s:\n%w", c.App, err)
	}
	listener, err := net.Listen("tcp", c.address())
	if err != nil {
		return errors.Join(listenError(c.address(), err), app.Shutdown(context.Background()))
	}
	signals.expectEnd() // before the address is printed: what reads it may send a signal at once
	reloading, err := c.reload(app, signals.reload, log.Logger)
	if err != nil {
		return errors.Join(fmt.Errorf("cannot watch the application's files: %w", err), listener.Close(), app.Shutdown(context.Background()))
	}
	defer reloading.close()
	reportDescriptors(log.Logger, maxDescriptors(), c.MaxConnections, c.boundGiven)
	c.print(out, fmt.Sprintf("%s runs at %s", c.App, address(listener)))
	return service{
		handler:       logRequests(c.admit(app, listener.Addr(), log.Logger), log.access, networks(c.TrustedProxy)),
		log:           log.Logger,
		headerTimeout: time.Duration(c.HeaderTimeout),
		bodyTimeout:   time.Duration(c.BodyTimeout),
		limit:         time.Duration(c.ShutdownTimeout),
		connections:   app.Server().Count, shutdown: app.Shutdown,
	}.serve(listener, signals.end)
}

func (c *runCommand) load(log logs) (*worker.App, error) {
	if info, err := os.Stat(c.App); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: is a directory; name the application's module in it, a .js or .ts file", c.App)
	}
	options, err := c.options(log.Logger)
	if err != nil {
		return nil, err
	}
	options.Console, options.Server.AccessLog = log.console, log.access
	for _, n := range c.notices {
		log.Warn(n.text, n.attrs...)
	}
	return worker.Load(c.App, options)
}
