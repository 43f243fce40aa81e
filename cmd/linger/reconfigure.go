package main

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/cmd/linger/internal/settings"
	"github.com/lingerws/linger/cmd/linger/internal/systemd"
	"github.com/lingerws/linger/worker"
)

// reloadReport is the result of a successful reload. Settings have the names of their keys in the configuration file.
type reloadReport struct {
	Changed []string `json:"changed"` // the settings and variables with other values, which hold now
	Restart []string `json:"restart"` // the settings with other values that hold from the next start
}

// running is an application that is served, with its settings.
type running struct {
	app     *worker.App
	log     logs
	manager *systemd.Notifier          // nil in tests
	started *runCommand                // the settings of the start
	current atomic.Pointer[runCommand] // the settings in force

	listeners *listeners

	refused    atomic.Bool // a reload was refused because of an upgrade
	reloadSoon func()      // has the application reloaded
}

func newRunning(app *worker.App, c *runCommand, ls *listeners, p *process) *running {
	r := &running{app: app, log: p.log, manager: p.manager, started: c, listeners: ls}
	r.reloadSoon = func() { trySend(p.signals.reload, syscall.SIGHUP) }
	r.current.Store(c)
	return r
}

// drainOptions returns the options of drains in force.
func (r *running) drainOptions() linger.DrainOptions {
	c := r.current.Load()
	return c.drainOptions(time.Duration(r.started.ShutdownTimeout))
}

// configError is the error of a reload whose settings are wrong.
type configError struct{ error }

// Unwrap returns what is wrong.
func (e configError) Unwrap() error { return e.error }

// reload reads the settings of all sources again, and with them the files of certificates and the application. If one of these is
// wrong, the error has the place, and nothing has changed. Calls must not overlap.
func (r *running) reload() (reloadReport, error) {
	r.manager.Reloading()
	defer r.manager.Ready()
	last := r.current.Load()
	next, err := loadSettings(r.started.args)
	if err != nil {
		return reloadReport{}, configError{err}
	}
	options, err := next.workerOptions(r.log)
	if err != nil {
		return reloadReport{}, configError{err}
	}
	r.started.member.apply(&options)
	useCertificates, err := r.listeners.reloadCertificates(next.entryFlags)
	if err != nil {
		return reloadReport{}, configError{err}
	}
	r.log.warnAll(next.newWarnings(last))
	fixed, err := r.app.Reconfigure(options)
	if errors.Is(err, worker.ErrHandingOver) {
		r.refused.Store(true)
	}
	if err != nil {
		return reloadReport{}, err
	}
	useCertificates()
	r.current.Store(next)
	if next.LogLevel != last.LogLevel {
		r.log.level.Set(levelOf(next.LogLevel))
	}
	report := reloadReport{Changed: next.changedSince(last), Restart: r.needRestart(next, fixed)}
	r.log.report(report)
	return report, nil
}

// report logs what a reload has changed.
func (l logs) report(report reloadReport) {
	if len(report.Changed) > 0 {
		l.Info("settings changed", "settings", strings.Join(report.Changed, " "))
	}
	if len(report.Restart) > 0 {
		l.Warn("settings keep their values until the next start", "settings", strings.Join(report.Restart, " "))
	}
}

// handler returns the handler of requests to a listener. It follows the settings in force.
func (r *running) handler(listens net.Addr) http.Handler {
	return following(&r.current, func(c *runCommand) http.Handler {
		access := r.log.accessFor(c.logFlags, networks(c.TrustedProxy))
		return access.requests(c.checkHost(c.testScheduled(r.app, r.app), listens, r.log.Logger, r.hostRefused))
	})
}

// following returns a handler that is built anew when there are other settings.
func following[T any](current *atomic.Pointer[T], build func(*T) http.Handler) http.Handler {
	type built struct {
		settings *T
		http.Handler
	}
	var last atomic.Pointer[built]
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		b, c := last.Load(), current.Load()
		if b == nil || b.settings != c {
			b = &built{c, build(c)}
			last.Store(b)
		}
		b.ServeHTTP(w, request)
	})
}

// hostRefused reports a request that was refused because of its host to the trace of the server.
func (r *running) hostRefused(request *http.Request) {
	if trace := r.app.Server().Options().Trace; trace != nil && trace.Refused != nil {
		trace.Refused(request, http.StatusMisdirectedRequest, reasonUnknownHost)
	}
}

// isLive reports whether a setting changes at a reload. The field of such a flag has the tag reload:"live".
func isLive(s *settings.Setting) bool { return s.Tag.Get("reload") == "live" }

// changedSettings returns the names of the settings that differ: those that change at a reload, or those that do not.
func changedSettings(last, next *settings.Values, live bool) []string {
	names := []string{}
	for _, change := range settings.Changes(last, next) {
		if isLive(change.Setting) == live {
			names = append(names, nameOf(change.Setting))
		}
	}
	return names
}

// changedSince returns the names of the settings and variables that have changed and hold after a reload.
func (c *runCommand) changedSince(last *runCommand) []string {
	names := changedSettings(last.values, c.values, true)
	for name, value := range c.vars {
		if old, ok := last.vars[name]; !ok || !reflect.DeepEqual(old, value) {
			names = append(names, "vars."+name)
		}
	}
	for name := range last.vars {
		if _, ok := c.vars[name]; !ok {
			names = append(names, "vars."+name)
		}
	}
	if !slices.Equal(last.crons, c.crons) {
		names = append(names, "triggers.crons")
	}
	if !reflect.DeepEqual(last.assets, c.assets) {
		names = append(names, "assets")
	}
	slices.Sort(names)
	return names
}

// needRestart returns the names of the settings that differ from those of the start and cannot change. fixed are the options that the
// application has reported.
func (r *running) needRestart(next *runCommand, fixed []string) []string {
	names := changedSettings(r.started.values, next.values, false)
	if next.App != r.started.App {
		names = append(names, "main")
	}
	if next.encrypts() != r.started.encrypts() {
		names = append(names, "tls")
	}
	for _, option := range fixed {
		switch option { // the others are flags
		case "Bindings", "Assets.Binding", "Migrations":
			names = append(names, strings.ToLower(option))
		}
	}
	slices.Sort(names)
	return names
}

// nameOf returns the name of a setting for people: its key, or its flag if the configuration file cannot set it.
func nameOf(s *settings.Setting) string {
	if s.Key == "" {
		return "--" + s.Name
	}
	return s.Path()
}

// newWarnings returns the warnings about the settings that there were not before.
func (c *runCommand) newWarnings(last *runCommand) []configWarning {
	return slices.DeleteFunc(slices.Clone(c.configWarnings), func(w configWarning) bool {
		return slices.ContainsFunc(last.configWarnings, func(old configWarning) bool { return old.String() == w.String() })
	})
}

// warnAll logs warnings about the settings.
func (l logs) warnAll(warnings []configWarning) {
	for _, w := range warnings {
		l.Warn(w.text, w.attrs...)
	}
}

// logFailure logs why a reload has failed: one line for each fault. kept is what stays in place when the settings are wrong.
func logFailure(log *slog.Logger, kept string, err error) {
	wrong, ok := errors.AsType[configError](err)
	if !ok {
		log.Error("application not reloaded: the last version stays in place", "error", err)
		return
	}
	problems := []error{wrong.error}
	if list, ok := errors.AsType[settings.Problems](err); ok {
		problems = problems[:0]
		for _, p := range list {
			problems = append(problems, settings.Problems{p})
		}
	}
	for _, p := range problems {
		log.Error("configuration not reloaded: "+kept, "error", p)
	}
}
