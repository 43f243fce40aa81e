package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/lingerws/linger/worker"
)

// runCommand serves one application until a signal ends it.
type runCommand struct {
	App string `arg:"" help:"The application's module, .js or .ts."`

	Listen          string   `default:"127.0.0.1:8080" help:"Address to listen on; port 0 takes a free one."`
	ShutdownTimeout duration `default:"10s" help:"Time for closing all connections after SIGINT or SIGTERM."`
	LogFormat       string   `default:"text" enum:"text,json" help:"Format of Linger's own log on standard error: text or json."`

	workerFlags     `embed:"" group:"The application:"`
	doorFlags       `embed:"" group:"Who may come in:"`
	connectionFlags `embed:"" group:"Each connection:"`
}

// The bounds of the HTTP server around the handshake.
const (
	maxHeader   = 16 << 10 // bytes
	idleTimeout = 2 * time.Minute
)

// Run loads the application, then listens, so that no client meets one that does
// not load.
func (c *runCommand) Run() error {
	log := newLogger(c.LogFormat)
	app, err := c.load(log)
	if err != nil {
		return fmt.Errorf("cannot load %s:\n%w", c.App, err)
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(listenError(c.Listen, err), app.Shutdown(context.Background()))
	}
	signals, stop := notify() // before anybody is told that it runs, and can end it
	defer stop()
	reloading, err := startReloading(app, c.Watch, log)
	if err != nil {
		return errors.Join(fmt.Errorf("cannot watch the application's files: %w", err), listener.Close(), app.Shutdown(context.Background()))
	}
	defer reloading.close()
	fmt.Printf("%s runs at %s\n", c.App, address(listener))
	return c.serve(app, listener, signals, log)
}

func (c *runCommand) load(log *slog.Logger) (*worker.App, error) {
	if info, err := os.Stat(c.App); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: is a directory; name the application's module in it, a .js or .ts file", c.App)
	}
	options, err := c.options(log)
	if err != nil {
		return nil, err
	}
	return worker.Load(c.App, options)
}

// serve answers requests until the first signal, and then closes everything in
// order. A second signal ends the process at once.
func (c *runCommand) serve(app *worker.App, listener net.Listener, signals <-chan os.Signal, log *slog.Logger) error {
	var unused preconnects
	server := &http.Server{
		Handler:           app,
		ConnState:         unused.track,
		ReadHeaderTimeout: time.Duration(c.HeaderTimeout),
		MaxHeaderBytes:    maxHeader,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(unused.close)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot go on listening on %s: %w", listener.Addr(), err)
	case s := <-signals:
		log.Info("shutting down", "signal", s.String(), "connections", app.Server().Count())
	}
	return finish(signals, time.Duration(c.ShutdownTimeout), func(ctx context.Context) error {
		return shutdown(ctx, app, server)
	})
}

// shutdown stops listening, closes every connection, and lets requests that are
// being answered come to their end.
func shutdown(ctx context.Context, app *worker.App, server *http.Server) error {
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(ctx) }()
	err := app.Shutdown(ctx)
	return errors.Join(err, <-stopped)
}

func listenError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen on %s: the address is in use; choose another with --listen", address)
	}
	return fmt.Errorf("cannot listen on %s: %w", address, err)
}

// address gives the URL under which a browser on this machine finds the listener.
func address(listener net.Listener) string {
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
