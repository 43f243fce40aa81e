package worker

import (
	"crypto/tls"
	"fmt"
	"reflect"

	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// configuration is what the options come to that [App.Reconfigure] can change. Each generation has one, so that options and code are
// replaced together.
type configuration struct {
	opts          Options // with defaults; those that cannot change are used from App.opts
	compatibility compatibility
	vars          string // the variables, as JSON
	crons         crons
	client        *fetch.Client // sends the requests of scripts
}

// newConfiguration checks the options and returns what they come to. The error is a *[LoadError].
func newConfiguration(opts Options) (*configuration, error) {
	c := &configuration{opts: opts.withDefaults()}
	var err error
	if c.compatibility, err = newCompatibility(opts.CompatibilityDate, opts.CompatibilityFlags); err != nil {
		return nil, err
	}
	if c.vars, err = varsText(opts.Vars); err != nil {
		return nil, err
	}
	if c.crons, err = parseCrons(opts.Crons); err != nil {
		return nil, err
	}
	c.client = fetch.NewClient(fetch.Options{
		Rules: c.opts.Egress, TLSConfig: c.opts.TLSConfig, Timeout: c.opts.FetchTimeout, MaxBody: c.opts.MaxBody,
		WebSocket: c.opts.Server.Options,
	})
	return c, nil
}

// config returns the configuration in force, that of the current generation.
func (a *App) config() *configuration { return a.current.Load() }

// Reconfigure loads the script again, as [App.Reload] does, with other options. They hold from the same moment as the new version of
// the script: events that an engine has begun end there with the options with which it was loaded. What holds for
// connections is the same as for [linger.Server.Reconfigure].
//
// Some options cannot change while the application runs: Runtime, Workers, Bindings, Assets.Binding, Migrations, Data and Server.Node. fixed
// has the names of those of which opts has another value; they keep their values. What observes the application, which is Logger, Console,
// Stdout, Stderr, Trace, StartSpan, Server.Trace and Server.Stats, remains that of [Load] too, and is not reported.
//
// The error is that of Reload, or a *[LoadError] about an option; then nothing has changed.
func (a *App) Reconfigure(opts Options) (fixed []string, err error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if a.handingOver {
		return nil, ErrHandingOver
	}
	fixed = a.keepFixed(&opts)
	next, err := newConfiguration(opts)
	if err != nil {
		return nil, err
	}
	if next.sendsLike(a.config()) {
		next.client = a.config().client // with its connections
	}
	return fixed, a.loadNext(next)
}

// keepFixed gives opts the values that cannot change, and returns the names of those that were others.
func (a *App) keepFixed(opts *Options) (fixed []string) {
	opts.Workers = max(1, opts.Workers)
	values, now := reflect.ValueOf(opts).Elem(), reflect.ValueOf(a.opts)
	for _, name := range []string{"Runtime", "Workers", "Bindings", "Migrations", "Data"} {
		value, kept := values.FieldByName(name), now.FieldByName(name)
		if !reflect.DeepEqual(value.Interface(), kept.Interface()) {
			fixed = append(fixed, name)
		}
		value.Set(kept)
	}
	for _, name := range []string{"Shared", "Logger", "Console", "Stdout", "Stderr", "Trace", "StartSpan"} {
		values.FieldByName(name).Set(now.FieldByName(name))
	}
	if opts.Assets.Binding != a.opts.Assets.Binding {
		fixed = append(fixed, "Assets.Binding")
		opts.Assets.Binding = a.opts.Assets.Binding
	}
	server := a.server.Options()
	if opts.Server.Node != "" && opts.Server.Node != server.Node {
		fixed = append(fixed, "Server.Node")
	}
	opts.Server.Node, opts.Server.Cluster, opts.Server.Fallback = server.Node, server.Cluster, server.Fallback
	opts.Server.Trace, opts.Server.Stats = server.Trace, server.Stats
	return fixed
}

// sendsLike reports whether the requests of scripts can be sent by the client of the other configuration.
func (c *configuration) sendsLike(other *configuration) bool {
	type settings struct {
		rules     string
		tls       *tls.Config
		timeout   int64
		maxBody   int64
		webSocket driver.Options
	}
	of := func(o *Options) settings {
		return settings{fmt.Sprint(o.Egress), o.TLSConfig, int64(o.FetchTimeout), o.MaxBody, o.Server.Options}
	}
	return of(&c.opts) == of(&other.opts)
}
