package main

import (
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/cmd/linger/internal/systemd"
	"github.com/lingerws/linger/proxy"
)

// runningProxy is a proxy that is served, with its settings.
type runningProxy struct {
	proxy    *proxy.Handler
	log      logs
	manager  *systemd.Notifier            // nil in tests
	measured *proxyMeasurements           // nil without the administration
	started  *proxyCommand                // the settings of the start
	current  atomic.Pointer[proxyCommand] // the settings in force

	listeners *listeners
}

func newRunningProxy(h *proxy.Handler, c *proxyCommand, ls *listeners, p *process) *runningProxy {
	r := &runningProxy{proxy: h, log: p.log, manager: p.manager, started: c, listeners: ls}
	r.current.Store(c)
	return r
}

// drainOptions returns the options of drains in force.
func (r *runningProxy) drainOptions() linger.DrainOptions {
	c := r.current.Load()
	return c.drainOptions(time.Duration(r.started.ShutdownTimeout))
}

// startReloader starts a reloader of the settings.
func (r *runningProxy) startReloader(signals <-chan os.Signal) (*reloader, error) {
	return startReloader(&reloader{
		load: r.reload,
		files: func() (files []string) {
			if file := r.started.file; file != nil {
				files = append(files, file.Path)
			}
			return files
		},
		kept: "the last one stays in place",
		log:  r.log.Logger, signals: signals,
	}, false)
}

// reload reads the settings of all sources again, and the files of certificates. If one is wrong, the error says where, and nothing has
// changed. Calls must not overlap.
func (r *runningProxy) reload() (reloadReport, error) {
	r.manager.Reloading()
	defer r.manager.Ready()
	last := r.current.Load()
	next, err := loadProxySettings(r.started.args)
	if err != nil {
		return reloadReport{}, configError{err}
	}
	options, err := next.options(r.log)
	if err != nil {
		return reloadReport{}, configError{err}
	}
	useCertificates, err := r.listeners.reloadCertificates(next.entryFlags)
	if err != nil {
		return reloadReport{}, configError{err}
	}
	if _, err := r.proxy.Reconfigure(options); err != nil { // To, which cannot change, is among the settings that need a restart
		return reloadReport{}, configError{err}
	}
	useCertificates()
	r.current.Store(next)
	if next.LogLevel != last.LogLevel {
		r.log.level.Set(levelOf(next.LogLevel))
	}
	report := reloadReport{Changed: changedSettings(last.values, next.values, true), Restart: changedSettings(r.started.values, next.values, false)}
	if next.encrypts() != r.started.encrypts() {
		report.Restart = append(report.Restart, "tls")
	}
	slices.Sort(report.Changed)
	slices.Sort(report.Restart)
	r.log.Info("configuration reloaded", "connections", r.proxy.Count())
	r.log.report(report)
	return report, nil
}

// handler returns the handler of requests to a listener. It follows the settings in force.
func (r *runningProxy) handler(listens net.Addr) http.Handler {
	return following(&r.current, func(c *proxyCommand) http.Handler {
		access := r.log.accessFor(c.logFlags, networks(c.TrustedProxy))
		return access.requests(c.checkHost(r.proxy, listens, r.log.Logger, r.measured.hostRefused))
	})
}
