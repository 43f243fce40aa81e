package admin

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"sync"

	"github.com/lingerws/linger"
)

// Options are the options of a [Handler]. Server and Recorder are required, or Proxy; what is nil is not available.
type Options struct {
	Server   *linger.Server // the server that is administered; it needs linger.Options.Stats
	Recorder *Recorder      // its Trace is one of the traces of Server

	// Proxy is administered if Server is nil. There are no routes for its connections and channels then, no live events, and no
	// dashboard. Recorder may be nil.
	Proxy Drainable

	// Token is the bearer token that requests need; "" means none. Without a token requests must name this machine in Host, or one of
	// Hosts, so that a web page cannot send them by DNS rebinding.
	Token string
	Hosts []string

	// ShowQueries shows the queries of the URLs of connections, which may contain secrets.
	ShowQueries bool

	Version string // of Linger
	Runtime string // what runs the application
	App     string // the path of the application's module

	Workers func() []Worker // returns the status of each worker

	// Drain starts a drain in the background. The error is [linger.ErrDraining], or names what is wrong in the request.
	// CancelDrain ends one; the error is why it cannot be.
	Drain       func(DrainRequest) error
	CancelDrain func() error

	// Reload reads the configuration and the application again. The report is sent as JSON; the error is for the client.
	Reload func(ctx context.Context) (report any, err error)

	// Upgrade begins to hand the connections over to a new process, in the background. The error is [ErrUpgrading], or says why that is
	// not possible, with [errors.ErrUnsupported] if it never is. UpgradeStatus returns the progress, nil if there has been no upgrade.
	Upgrade       func(UpgradeRequest) error
	UpgradeStatus func() *UpgradeStatus

	// ClusterLink returns the state of what connects the server with the other nodes of its cluster; nil means that it is not a node of one.
	ClusterLink func() ClusterLink

	LogLevel  *slog.LevelVar // of the server's log
	Dashboard http.Handler   // serves GET /
	Metrics   http.Handler   // serves GET /metrics
	Profiles  bool           // serve /debug/pprof/

	Logger *slog.Logger // nil means slog.Default
}

// Drainable is what servers and proxies have in common.
type Drainable interface {
	Count() int  // the number of connections
	Ready() bool // whether it accepts new ones
	DrainStatus() linger.DrainStatus
}

// Handler serves the administration of a server.
type Handler struct {
	opts  Options
	state Drainable // Options.Server or Options.Proxy
	mux   *http.ServeMux
	guard guard
	feeds *feeds // the WebSockets of this handler
	live  *live
	end   sync.Once
	ended chan struct{} // closed by Shutdown

	stopStatus func() // ends the answers to other nodes
}

// New returns a handler.
func New(opts Options) *Handler {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Recorder == nil {
		opts.Recorder = NewRecorder()
	}
	h := &Handler{opts: opts, state: opts.Proxy, mux: http.NewServeMux(), guard: newGuard(opts), ended: make(chan struct{}), stopStatus: func() {}}
	h.live = newLive(h)
	h.feeds = newFeeds(h)
	h.route()
	if opts.Server != nil {
		h.state = opts.Server
		opts.Recorder.server.Store(opts.Server)
		opts.Recorder.queries.Store(opts.ShowQueries)
		h.routeServer()
		h.stopStatus = h.serveStatus()
		go h.live.record(h.ended)
	}
	return h
}

// Shutdown closes the WebSockets of the handler, and stops recording.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.end.Do(func() {
		h.stopStatus()
		close(h.ended)
	})
	return h.feeds.Shutdown(ctx)
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if refused := h.guard.check(r); refused != nil {
		if refused.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="linger"`)
		}
		h.opts.Logger.Warn("admin request refused", "reason", refused.Code, "remote", r.RemoteAddr, "method", r.Method, "path", r.URL.Path)
		writeError(w, refused)
		return
	}
	next, pattern := h.mux.Handler(r)
	if pattern == "" {
		writeError(w, unrouted(next, r))
		return
	}
	h.mux.ServeHTTP(w, r)
}

// handle registers endpoints.
func (h *Handler) handle(endpoints map[string]endpoint) {
	for pattern, serve := range endpoints {
		h.mux.Handle(pattern, serve)
	}
}

// routeServer registers the routes that a proxy does not have.
func (h *Handler) routeServer() {
	h.handle(map[string]endpoint{
		"GET /v1/connections":                          h.listConnections,
		"GET /v1/closes":                               h.listCloses,
		"GET /@connections/{id}":                       h.getConnection,
		"POST /@connections/{id}":                      h.sendTo,
		"DELETE /@connections/{id}":                    h.closeConnection,
		"GET /v1/channels":                             h.listChannels,
		"GET /v1/cluster":                              h.getCluster,
		"POST /v1/channels/{channel}":                  h.publish,
		"PUT /@connections/{id}/channels/{channel}":    h.subscribe,
		"DELETE /@connections/{id}/channels/{channel}": h.unsubscribe,
	})
	h.mux.Handle("GET /v1/live", h.feeds)
	h.mux.Handle("GET /v1/tail", h.feeds)
	if h.opts.Dashboard != nil {
		h.mux.Handle("GET /{$}", h.opts.Dashboard)
	}
}

// route registers the routes that servers and proxies have.
func (h *Handler) route() {
	h.handle(map[string]endpoint{
		"GET /v1/status":   h.getStatus,
		"GET /v1/workers":  h.listWorkers,
		"GET /v1/failures": h.listFailures,
		"GET /v1/timeline": h.listTimeline,
		"GET /v1/drain":    h.getDrain,
		"POST /v1/drain":   h.startDrain,
		"DELETE /v1/drain": h.cancelDrain,
		"POST /v1/reload":  h.reload,
		"GET /v1/upgrade":  h.getUpgrade,
		"POST /v1/upgrade": h.startUpgrade,
		"GET /v1/log":      h.getLog,
		"PUT /v1/log":      h.putLog,
		"GET /livez":       h.livez,
		"GET /readyz":      h.readyz,
	})
	if h.opts.Metrics != nil {
		h.mux.Handle("GET /metrics", h.opts.Metrics)
	}
	if h.opts.Profiles {
		h.mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		h.mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		h.mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		h.mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		h.mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
}
