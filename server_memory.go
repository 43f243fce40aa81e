package linger

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/websocket"
)

// memory bounds what all connections hold together, Options.MaxMemory.
type memory struct {
	budget    *websocket.Budget // nil: no bound
	relieving atomic.Bool       // the bound has been exceeded, and connections are being closed for it
}

// reliefPause is how long closing what holds too much may take to show.
const reliefPause = time.Second

// share is what a connection may hold where all together hold too much.
func (s *Server) share() int64 {
	return max(1, s.opts.MaxMemory/max(1, s.hub.size.Load()))
}

// within returns what a bound of a connection is at the moment.
func (s *Server) within(bound int) int {
	if budget := s.memory.budget; budget != nil && budget.Used() > budget.Limit() {
		return int(min(int64(bound), s.share()))
	}
	return bound
}

// hold counts bytes that wait for the handler.
func (s *Socket) hold(n int) {
	if budget := s.server.memory.budget; budget != nil && n != 0 {
		budget.Add(n)
	}
}

// outOfMemory begins to relieve. It is called under the lock of a connection.
func (s *Server) outOfMemory() {
	if !s.memory.relieving.Swap(true) {
		go s.relieve()
	}
}

// relieve closes connections that hold more than their share until a quarter of the bound is free, or will be when
// those that are closing have ended. It does so again a little later if there is still too much.
func (s *Server) relieve() {
	excess := s.memory.budget.Used() - s.opts.MaxMemory/4*3
	for socket := range s.Sockets("") {
		if socket.closing.Load() {
			excess -= socket.holding()
		}
	}
	closed := s.evict(excess)
	s.notice(slog.LevelWarn, "connections hold too much together: some that hold more than their share are closed", "max-memory",
		slog.String("reason", "max-memory"),
		slog.Int64("limit", s.opts.MaxMemory),
		slog.Int("connections", closed)) // and those that more was sent on
	time.AfterFunc(reliefPause, s.endRelief)
}

// evict closes connections that hold more than their share, until excess bytes are theirs, and returns how many.
func (s *Server) evict(excess int64) (closed int) {
	share := s.share()
	for socket := range s.Sockets("") {
		if excess <= 0 {
			break
		}
		if held := socket.holding(); held >= share && !socket.closing.Load() {
			socket.evict()
			excess -= held
			closed++
		}
	}
	return closed
}

func (s *Server) endRelief() {
	if s.memory.budget.Used() > s.opts.MaxMemory {
		s.relieve()
		return
	}
	s.memory.relieving.Store(false)
}

// holding returns how many bytes the connection itself holds.
func (s *Socket) holding() int64 {
	conn := s.conn.Load()
	if conn == nil {
		return 0
	}
	return int64(conn.Holding())
}

// evict closes a connection that holds too much, and drops what waits for it.
func (s *Socket) evict() {
	told := decisions[tooMuchHeld]
	s.decide(tooMuchHeld)
	_ = s.CloseDiscard(told.Code, told.Reason) // cannot fail: the code and reason are legal
}
