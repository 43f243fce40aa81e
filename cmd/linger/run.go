package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker"
)

// runCommand serves an application until a signal ends it.
type runCommand struct {
	App string `arg:"" optional:"" help:"The application's module, .js or .ts. Default: main of the configuration file, linger.toml or a wrangler file."`

	entryFlags `embed:""`

	Config          string   `sources:"flag,environment" placeholder:"FILE" help:"Configuration file, of Linger or wrangler. Default: linger.toml in the application's folder, if it exists, and wrangler.json, wrangler.jsonc or wrangler.toml there or above it."`
	Data            string   `path:"file" placeholder:"DIR" help:"Folder in which Durable Objects and KV namespaces are stored. One process uses it at a time. Default: .linger in the folder of the configuration file or of the application's module."`
	TestScheduled   bool     `reload:"live" help:"Dispatch the scheduled event for each request for /__scheduled?cron=CRON, for development only, because any client can send it."`
	ShutdownTimeout duration `default:"10s" help:"Time for closing all connections after SIGINT, and those that are left after a drain."`

	workerFlags     `embed:"" group:"Application:"`
	runtimeFlags    `embed:"" group:"Runtime:"`
	staticFlags     `embed:"" group:"Static files:"`
	admissionFlags  `embed:"" group:"Admission control:"`
	connectionFlags `embed:"" group:"Connections:"`
	egressFlags     `embed:"" group:"Outgoing connections:"`
	otelFlags       `embed:"" group:"Tracing:"`
	clusterFlags    `embed:"" group:"Cluster:"`
	drainFlags      `embed:"" group:"Draining:"`
	logFlags        `embed:"" group:"Log:"`
	adminFlags      `embed:"" group:"Administration:"`
	handoverFlags   `embed:"" group:"Upgrades:"`

	settingSources // set by BeforeResolve
	configuration  // set by configure

	tracing *tracing // nil without a collector
	member  *member  // nil without a cluster
}

// Run loads the application and then serves it until a signal ends the server. It does not listen before the application
// is loaded, so that clients cannot connect to one that fails to load.
func (c *runCommand) Run(out *streams, old *predecessor) error {
	if err := c.configure(); err != nil {
		return err
	}
	p, err := openProcess(out, old, c.logFlags, c.adminFlags)
	if err != nil {
		return err
	}
	defer p.close()
	log := p.log
	if err := c.startTracing(log.Logger); err != nil {
		return err
	}
	defer c.tracing.close()
	if c.member, err = c.joinCluster(old, log.Logger); err != nil {
		return err
	}
	defer c.member.leave()
	app, err := c.load(old.loader(), log, c.member.apply, p.admin.observe, old.observe)
	if err != nil {
		return fmt.Errorf("cannot load %s:\n%w", c.App, err)
	}
	listeners, err := c.openListeners(p.passed, c.Data, p.admin.counter(), log.Logger)
	if err != nil {
		return errors.Join(err, app.Shutdown(context.Background()))
	}
	defer listeners.release()
	running := newRunning(app, c, listeners, p)
	reloader, err := running.startReloader(p.signals.reload)
	if err != nil {
		return errors.Join(fmt.Errorf("cannot watch the application's files: %w", err), listeners.close(), app.Shutdown(context.Background()))
	}
	defer reloader.close()
	if err := p.begin(c.PidFile, listeners.sockets, running.receive); err != nil {
		return errors.Join(err, listeners.close(), app.Shutdown(context.Background()))
	}
	reportDescriptors(log.Logger, maxDescriptors(), c.MaxConnections, c.values.Given("max-connections"))
	c.report(log.Logger, driver.CheckRings())
	c.print(out, fmt.Sprintf("%s runs at %s", c.App, listeners.urls()))
	drains := newDrains(app.Server(), running.drainOptions, log.Logger)
	upgrades := newUpgrades(running.transferable(), running.handoverFlags, listeners.sockets, p)
	upgrades.stop, upgrades.retry = reloader.close, running.retryReload
	c.serveAdmin(p.admin, out, running, drains, reloader, upgrades)
	return service{
		handler:         running.handler,
		log:             log.Logger,
		headerTimeout:   time.Duration(c.HeaderTimeout),
		bodyTimeout:     time.Duration(c.BodyTimeout),
		shutdownTimeout: time.Duration(c.ShutdownTimeout),
		connections:     app.Server().Count, shutdown: app.Shutdown,
		drains:   drains,
		upgrades: upgrades,
		tookOver: old != nil,
		manager:  p.manager,
	}.serve(listeners, p.signals.shutdown)
}

// loader loads an application: worker.Load or worker.LoadForHandover.
type loader func(path string, opts worker.Options) (*worker.App, error)

// load logs the warnings about the configuration and loads the application. The observers may change its options.
func (c *runCommand) load(load loader, log logs, observers ...func(*worker.Options)) (*worker.App, error) {
	if info, err := os.Stat(c.App); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: is a directory: give the path of the application's module, a .js or .ts file", c.App)
	}
	options, err := c.workerOptions(log)
	if err != nil {
		return nil, err
	}
	for _, observe := range observers {
		observe(&options)
	}
	log.warnAll(c.configWarnings)
	return load(c.App, options)
}

// workerOptions returns the options of the application, with its logs.
func (c *runCommand) workerOptions(log logs) (worker.Options, error) {
	options, err := c.options(log.Logger)
	options.Server.Stats = !c.AdminListen.off
	access := log.accessFor(c.logFlags, nil)
	options.Console, options.Server.AccessLog, options.Server.AccessHeaders = log.console, access.to, access.headers
	if c.tracing != nil {
		options.StartSpan = c.tracing.startSpan
	}
	return options, err
}
