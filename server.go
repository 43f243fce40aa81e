package linger

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/drain"
	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/internal/loglimit"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// Server makes a [Socket] of each upgrade request that its [Handler] accepts, and calls the handler for the events of these
// connections. It is an http.Handler. All methods may be called from any goroutine.
type Server struct {
	version      atomic.Pointer[handlerVersion] // the current handler
	current      atomic.Pointer[settings]       // the options in force
	trace        Trace                          // of the options; the zero value without one
	began        time.Time
	hub          hub
	listeners    listeners
	admission    admission
	logLimit     *loglimit.Limiter[lineKind]
	memory       memoryLimit
	drainer      *drain.Drainer[*Socket]
	autoResponse atomic.Pointer[autoResponse] // nil if there is none

	cluster    Cluster               // of the options; alone without one
	services   services              // what the server provides to the other nodes
	presence   presence              // the members of channels
	searches   atomic.Int64          // lists and counts for other nodes that are in progress
	randomNode bool                  // Options.Node was not set
	giving     atomic.Pointer[giver] // the hand-over to another process in progress; nil if there is none
	taking     atomic.Pointer[taker] // the hand-over from another process in progress; nil if there is none

	mu           sync.Mutex
	shuttingDown bool // Shutdown has begun
	handedOver   bool // another process has taken over
	upgrading    int  // requests between ServeHTTP and the end of their handshake

	reconfiguring sync.Mutex // held during Reconfigure

	forged sync.Once // logs that forwarding fields were removed
}

// NewServer returns a server for an application.
func NewServer(h Handler, opts Options) *Server {
	s := &Server{began: time.Now(), hub: newHub(), listeners: newListeners(), logLimit: newLogLimit()}
	s.randomNode = !ident.IsNode(opts.Node) && opts.Cluster == nil
	opts = s.withDefaults(opts)
	if s.cluster = opts.Cluster; s.cluster == nil {
		s.cluster = alone{s}
	}
	s.hub.feed = newFeed(s)
	s.current.Store(&settings{Options: opts, idleChanged: beforeAll, lifetimeChanged: beforeAll})
	s.memory.budget = driver.NewBudget(opts.memoryLimit(), s.memoryExceeded)
	s.drainer = drain.New(s.drainSource())
	if opts.Trace != nil {
		s.trace = *opts.Trace
	}
	s.version.Store(newHandlerVersion(h))
	s.presence.init(s)
	if opts.Cluster != nil {
		s.startService(servicePresence, s.presence.serve)
		s.services.add(s.presence.end)
		s.startService(serviceConnections, s.serveConnections)
	}
	return s
}

// ServeHTTP answers an upgrade request as the handler decides. A request with a wrong handshake, or from a page that may not
// connect, is refused before the handler gets it; a request that does not ask for a WebSocket goes to Options.Fallback. Both get
// forwarding fields such as X-Forwarded-For only from Options.TrustedProxies.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = s.withoutForged(r)
	if !handshake.IsAttempt(handshake.Request{Method: r.Method, Header: r.Header}) {
		s.options().Fallback.ServeHTTP(w, r)
		return
	}
	h, refusal := driver.CheckRequest(r, s.options().Origins)
	if refusal != nil {
		s.Refuse(w, r, refusal)
		return
	}
	if !s.beginUpgrade() {
		s.refuseNotReady(w, r)
		return
	}
	defer s.endUpgrade()
	from := s.clientOf(r)
	if refused := s.admission.admit(addressGroup(from.Addr), s.options()); refused != nil {
		s.reportRefusal(slog.LevelInfo, r, refused.status, refused.limit, refused.text)
		refused.serve(w)
		return
	}
	u := &Upgrade{Server: s, handshake: h, writer: w, client: from}
	defer u.releaseAdmission()
	u.startTimeout(r)
	defer u.stopTimeout()
	returned := false
	began := s.traceTime()
	defer func() { // also when the handler ends its goroutine
		ended := s.traceTime()
		u.finish(returned)
		u.traceHandled(ended-began, returned)
	}()
	version := s.beginCall()
	defer version.endCall()
	returned = s.call("upgrade", nil, func() { version.handler.Upgrade(u) })
}

// Count returns the number of connections, each from its acceptance until its close event has been handled.
func (s *Server) Count() int { return s.hub.count() }

// Node returns the name of the server, with which the ids of its sockets begin: that of Options.Cluster, Options.Node, or a random one.
func (s *Server) Node() string { return s.options().Node }

// Cluster returns Options.Cluster, or one that has no other node.
func (s *Server) Cluster() Cluster { return s.cluster }

// Socket returns the connection with this id, or nil.
func (s *Server) Socket(id string) *Socket { return s.hub.socket(id) }

// call calls a handler and reports whether it has returned. If it panics, or ends its goroutine, that is logged with the stack,
// except for http.ErrAbortHandler, which cuts off a response on purpose.
func (s *Server) call(event string, socket *Socket, handler func()) (returned bool) {
	defer func() {
		if returned {
			return
		}
		reason := recover()
		if reason == nil {
			reason = "runtime.Goexit was called"
		}
		id := ""
		if socket != nil {
			id = socket.id
		}
		if reason == http.ErrAbortHandler { //nolint:errorlint // the value of a panic is compared as net/http does
			return
		}
		s.options().Logger.Error("handler panicked", "event", event, "connection", id,
			"panic", reason, "stack", string(debug.Stack()))
	}()
	handler()
	return true
}

// forget removes a connection whose close event has been handled.
func (s *Server) forget(socket *Socket) {
	s.hub.unregister(socket)
	if g := s.giving.Load(); g != nil {
		g.ended(socket)
	}
	s.drainer.Ended(socket)
	socket.releaseAdmission()
}

// beginUpgrade counts a request, and reports false if the server is not ready. A request that was counted before a drain finds
// that drain waiting for its end.
func (s *Server) beginUpgrade() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shuttingDown || s.handedOver || s.drainer.Refuses() {
		return false
	}
	s.upgrading++
	return true
}

func (s *Server) endUpgrade() {
	s.mu.Lock()
	s.upgrading--
	s.mu.Unlock()
	s.hub.releaseWaiters()
	if g := s.giving.Load(); g != nil {
		g.wakeUp()
	}
	s.drainer.Changed()
}
