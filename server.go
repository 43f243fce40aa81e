package linger

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
)

// Server turns upgrade requests into sockets and their events into calls of a
// [Handler]. It is an http.Handler; all methods may be called from any goroutine.
type Server struct {
	generation atomic.Pointer[generation] // the handler of this moment
	opts       Options
	began      time.Time
	hub        hub
	listeners  listeners // of Serve
	door       door
	notices    notices
	memory     memory
	answer     atomic.Pointer[answer] // nil: no message is answered without the handler

	mu        sync.Mutex
	draining  bool
	upgrading int // requests between ServeHTTP and the end of their handshake

	forged sync.Once // the log has a line on forwarding fields of strangers
}

// NewServer returns a server for an application.
func NewServer(h Handler, opts Options) *Server {
	s := &Server{opts: opts.WithDefaults(), began: time.Now(), hub: newHub(), listeners: newListeners()}
	if s.opts.Fallback == nil {
		s.opts.Fallback = http.HandlerFunc(s.upgradeRequired)
	}
	if s.opts.MaxMemory > 0 {
		s.memory.budget = websocket.NewBudget(s.opts.MaxMemory, s.outOfMemory)
	}
	s.generation.Store(newGeneration(h))
	return s
}

// ServeHTTP answers an upgrade request as the handler decides. A handshake that
// is wrong, or from a page that may not connect, is refused before the handler
// sees it; a request that asks for no WebSocket goes to Options.Fallback. Neither sees
// forwarding fields such as X-Forwarded-For, unless they come from Options.TrustedProxies.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = s.withoutForged(r)
	if !handshake.IsAttempt(handshake.Request{Method: r.Method, Header: r.Header}) {
		s.opts.Fallback.ServeHTTP(w, r)
		return
	}
	h, refusal := websocket.CheckRequest(r, s.opts.Origins)
	if refusal != nil {
		s.Refuse(w, r, refusal)
		return
	}
	if !s.beginUpgrade() {
		s.refuseDraining(w, r)
		return
	}
	defer s.endUpgrade()
	from := s.clientOf(r)
	if full := s.door.enter(household(from.addr), &s.opts); full != nil {
		s.noticeRefusal(slog.LevelInfo, r, full.status, full.limit, full.text)
		full.serve(w)
		return
	}
	u := &Upgrade{Server: s, handshake: h, writer: w, client: from}
	defer u.leave()
	defer u.bound(r)()
	returned := false
	defer func() { u.finish(returned) }() // also when the handler ends its goroutine
	g := s.enter()
	defer g.leave()
	returned = s.call("upgrade", nil, func() { g.handler.Upgrade(u) })
}

// Count returns how many connections there are, from their acceptance until
// their close event has been handled.
func (s *Server) Count() int { return s.hub.count() }

// Socket returns the connection with this id, or nil.
func (s *Server) Socket(id string) *Socket { return s.hub.socket(id) }

// call runs a handler and tells whether it returned. One that panics, or ends its
// goroutine, is logged with its stack.
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
		s.opts.Logger.Error("handler panicked", "event", event, "connection", id,
			"panic", reason, "stack", string(debug.Stack()))
	}()
	handler()
	return true
}

// leave ends a connection's membership.
func (s *Server) leave(socket *Socket) {
	s.hub.remove(socket)
	socket.leaveDoor()
}

func (s *Server) beginUpgrade() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.upgrading++
	return true
}

func (s *Server) endUpgrade() {
	s.mu.Lock()
	s.upgrading--
	s.mu.Unlock()
	s.hub.changed()
}
