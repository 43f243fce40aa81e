package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/admin/dashboard"
	"github.com/lingerws/linger/cmd/linger/internal/adminclient"
	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// adminFlags are the flags for the administration of a running server.
type adminFlags struct {
	AdminListen  adminAddress `placeholder:"ADDRESS" help:"Address of the dashboard and of the HTTP API for administration: HOST:PORT, PORT for the loopback interface, unix:PATH, or off. Who can connect controls the server. Default: 127.0.0.1:9180, or a free port if that is in use."`
	AdminToken   string       `secret:"" placeholder:"TOKEN" help:"Token that requests for administration need, at least 16 characters. It is required unless --admin-listen is a loopback address or a Unix socket. LINGER_ADMIN_TOKEN keeps it out of process lists."`
	AdminPprof   bool         `help:"Serve the profiles of Go at /debug/pprof/ of the administration."`
	AdminQueries bool         `help:"Show the queries of URLs in the administration, which may contain secrets."`
}

// minAdminToken is the length of the shortest --admin-token.
const minAdminToken = 16

// Validate reports a token that is too short. kong calls it.
func (f adminFlags) Validate() error {
	if n := len(f.AdminToken); n > 0 && n < minAdminToken {
		return fmt.Errorf("--admin-token: %d characters can be guessed: give at least %d; openssl rand -hex 32 makes a token", n, minAdminToken)
	}
	return nil
}

// adminAddress is a flag value that is an address to listen on, or off. The zero value is the default address.
type adminAddress struct {
	address listen.Address
	given   bool
	off     bool
}

// Decode implements kong.MapperValue.
func (a *adminAddress) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("address", &text); err != nil {
		return err
	}
	if text == "off" {
		*a = adminAddress{off: true}
		return nil
	}
	path, isSocket := strings.CutPrefix(strings.TrimPrefix(text, "http://"), "unix:")
	if isSocket && !strings.Contains(path, "?") && !strings.HasPrefix(path, "@") {
		text += "?mode=0600"
	}
	address, err := listen.Parse(text)
	switch {
	case err != nil:
		return err
	case address.Scheme == listen.HTTPS:
		return fmt.Errorf("%q: the administration has no TLS: give a loopback address or a Unix socket, with a reverse proxy before it if necessary", text)
	case strings.HasPrefix(address.String(), "fd:"):
		return fmt.Errorf("%q: the administration cannot use a socket that the process is started with: give an address, a Unix socket, or off", text)
	}
	*a = adminAddress{address: address, given: true}
	return nil
}

// String returns the address in the form that Decode reads; that of a flag that is not given as the empty string.
func (a adminAddress) String() string {
	switch {
	case a.off:
		return "off"
	case !a.given:
		return ""
	}
	return a.address.String()
}

// role returns the role of the listener among those that another process inherits.
func (a adminAddress) role() string {
	if !a.given {
		return "admin"
	}
	return "admin " + a.address.Role()
}

// administration is the listener for the administration of a server, and what is recorded for it. A nil administration is off.
type administration struct {
	listener net.Listener // that of socket
	socket   socket
	notice   string // why this is not the default address; otherwise ""
	recorder *admin.Recorder
	measured *measurements // nil before observe is called, and of a proxy
	counted  entryCounter  // uncounted before observe or observeProxy is called
	log      *slog.Logger

	web     *http.Server
	handler *admin.Handler
}

// openAdmin listens for the administration. It serves nothing before serve is called. The result is nil if it is off.
// The listener is that of passed if it has one for the same address.
func (f adminFlags) openAdmin(passed *listen.Passed, log *slog.Logger) (*administration, error) {
	if f.AdminListen.off {
		return nil, nil
	}
	a := &administration{recorder: admin.NewRecorder(), counted: uncounted{}, log: log}
	if err := a.listen(f.AdminListen, passed); err != nil {
		return nil, err
	}
	pausable := websocket.NewPausableListener(a.listener)
	a.socket = socket{role: f.AdminListen.role(), given: a.listener, pausable: pausable}
	a.listener = pausable
	if f.AdminToken == "" && !isPrivate(a.listener.Addr()) {
		return nil, errors.Join(
			fmt.Errorf("--admin-listen: everyone who reaches %s could control this server: set LINGER_ADMIN_TOKEN, which openssl rand -hex 32 makes, or give a loopback address or unix:PATH", a.listener.Addr()),
			a.listener.Close())
	}
	return a, nil
}

// listen opens the listener. If the default port is in use it selects a free one, so that a second server on the machine starts.
func (a *administration) listen(at adminAddress, passed *listen.Passed) error {
	if a.listener = passed.Take(at.role()); a.listener != nil {
		return nil
	}
	if !at.given {
		at.address = listen.Loopback(adminclient.DefaultPort)
	}
	err := a.open(at.address)
	if !at.given && errors.Is(err, syscall.EADDRINUSE) {
		a.notice = fmt.Sprintf(" (%s is in use)", at.address)
		err = a.open(listen.Loopback(0))
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("--admin-listen: cannot listen on %s: the address is in use; choose another, or off", at.address)
	case err != nil:
		return fmt.Errorf("--admin-listen: %w", err)
	}
	return nil
}

func (a *administration) open(at listen.Address) error {
	listeners, _, err := listen.Open(context.Background(), []listen.Address{at}, &listen.Passed{}, at)
	if err == nil {
		a.listener = listeners[0].Listener
	}
	return err
}

// isPrivate reports whether only this machine can connect to an address; to a Unix socket, those whom the mode of its file admits.
func isPrivate(address net.Addr) bool {
	switch at := address.(type) {
	case *net.TCPAddr:
		return at.IP.IsLoopback()
	case *net.UnixAddr:
		return !strings.HasPrefix(at.Name, "@") // an abstract socket has no mode
	}
	return false
}

// observe adds what the administration records to the options of an application.
func (a *administration) observe(o *worker.Options) {
	if a == nil {
		return
	}
	o.Server.Trace = linger.Traces(o.Server.Trace, a.recorder.Trace())
	o.Trace = &worker.Trace{
		Replaced: a.recorder.Replaced,
		Reloaded: a.recorder.Reloaded,
		Failed: func(f worker.Failure) {
			a.recorder.Failed(admin.Entry{Event: f.Event, Connection: f.Connection, Worker: f.Worker, Text: f.Text, At: f.At})
		},
	}
	a.measured = newMeasurements(o)
	a.measured.observe(o)
	a.counted = a.measured.metrics
}

// observeProxy adds what the administration records to the options of a proxy, and returns the metrics, or nil if it is off.
func (a *administration) observeProxy(o *proxy.Options) *proxyMeasurements {
	if a == nil {
		return nil
	}
	m := newProxyMeasurements()
	o.Trace, a.counted = m.trace(), m.metrics
	return m
}

// recordUpgrade records the end of an upgrade in the timeline. It may be called on nil.
func (a *administration) recordUpgrade(text string, ok bool) {
	if a != nil {
		a.recorder.Upgraded(text, ok)
	}
}

// counter returns what counts the refusals of listeners.
func (a *administration) counter() entryCounter {
	if a == nil {
		return uncounted{}
	}
	return a.counted
}

// adminTimeout bounds the time in which a request to the administration, and its body, must arrive.
const adminTimeout = 30 * time.Second

// maxAdminConnections bounds the connections to the administration. Further ones wait until one has ended.
const maxAdminConnections = 256

// serve serves the administration.
func (a *administration) serve(options admin.Options) {
	options.Recorder, options.Logger = a.recorder, a.log
	a.handler = admin.New(options)
	a.web = websocket.NewHTTPServer(a.handler)
	a.web.Handler = websocket.BoundBodies(a.handler, adminTimeout)
	a.web.MaxHeaderBytes = maxHeader
	a.web.ErrorLog = serverErrors(a.log, uncounted{}.TLSFailure)
	a.recorder.Started("Linger " + options.Version)
	go func() {
		err := websocket.Serve(a.web, newLimited(a.listener, maxAdminConnections))
		if !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the administration cannot accept connections any more", "error", err)
		}
	}()
}

// retire ends the administration when the requests in progress have been answered. It may be called on nil.
func (a *administration) retire(ctx context.Context) error {
	if a == nil || a.handler == nil {
		return nil
	}
	return errors.Join(a.handler.Shutdown(ctx), a.web.Shutdown(ctx))
}

// close ends the administration.
func (a *administration) close() {
	if a == nil {
		return
	}
	if a.handler == nil { // serve was not called
		_ = a.listener.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = a.handler.Shutdown(ctx) // what is left is closed by Close
	_ = a.web.Close()
}

// serveAdmin serves the administration of an application, and prints its address.
func (c *runCommand) serveAdmin(a *administration, out *streams, running *running, drains *drains, reloader *reloader, upgrades *upgrades) {
	if a == nil {
		return
	}
	drains.record = a.recorder.Drain
	a.serve(admin.Options{
		Server: running.app.Server(), Token: c.AdminToken, ShowQueries: c.AdminQueries, Profiles: c.AdminPprof,
		Version: versionNumber(), Runtime: string(c.Runtime), App: c.App,
		Dashboard: dashboard.Handler(), Metrics: a.measured.handler(running.app, running.listeners),
		Workers:     func() []admin.Worker { return adminWorkers(running.app.Workers()) },
		ClusterLink: c.member.link(running.app.Cluster),
		Drain:       drains.request, CancelDrain: drains.cancel, LogLevel: running.log.level,
		Upgrade: upgrades.request, UpgradeStatus: upgrades.current,
		Reload: func(ctx context.Context) (any, error) { return reloader.request(ctx) },
	})
	c.print(out, fmt.Sprintf("dashboard at %s%s", listenerURL(a.listener), a.notice))
}

// serveAdmin serves the administration of a proxy, and prints its address.
func (c *proxyCommand) serveAdmin(a *administration, out *streams, running *runningProxy, drains *drains, reloader *reloader, upgrades *upgrades) {
	if a == nil {
		return
	}
	drains.record = a.recorder.Drain
	a.serve(admin.Options{
		Proxy: drainableProxy{running.proxy}, Token: c.AdminToken, Profiles: c.AdminPprof, Version: versionNumber(),
		Metrics: running.measured.handler(running.proxy, running.listeners),
		Drain:   drains.request, CancelDrain: drains.cancel, LogLevel: running.log.level,
		Upgrade: upgrades.request, UpgradeStatus: upgrades.current,
		Reload: func(ctx context.Context) (any, error) { return reloader.request(ctx) },
	})
	c.print(out, fmt.Sprintf("administration at %s%s", listenerURL(a.listener), a.notice))
}

// adminWorkers returns the status of workers in the form of the administration.
func adminWorkers(list []worker.Status) []admin.Worker {
	workers := make([]admin.Worker, 0, len(list))
	for i, s := range list {
		workers = append(workers, admin.Worker{
			Worker: i, State: s.State, Reason: s.Reason, Generation: s.Generation, Process: s.Process,
			Connections: s.Connections, Objects: s.Objects, Events: s.Events, Failures: s.Failures,
			Sleeps: s.Sleeps, Wakes: s.Wakes, DroppedPosts: s.DroppedPosts, Queued: s.Queued, Waited: s.Waited.Seconds(),
		})
	}
	return workers
}
