package linger

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/websocket/driver"
)

// memoryLimit bounds what all connections hold together (Options.MaxMemory).
type memoryLimit struct {
	budget   *driver.Budget
	evicting atomic.Bool // the bound was exceeded, and connections are being closed because of that
}

// evictionPause is the time between closing connections and the next look at what is held.
const evictionPause = time.Second

// fairShare returns how much each connection may hold while all together hold too much.
func (s *Server) fairShare() int64 {
	return max(1, s.memory.budget.Limit()/max(1, s.hub.size.Load()))
}

// boundInMemory returns the bound of a connection: the given one, or the fair share if that is less while all connections together
// hold too much.
func (s *Server) boundInMemory(bound int) int {
	if budget := s.memory.budget; budget.Used() > budget.Limit() {
		return int(min(int64(bound), s.fairShare()))
	}
	return bound
}

// account adds to the bytes that wait for the handler.
func (s *Socket) account(n int) {
	if n != 0 {
		s.server.memory.budget.Add(n)
	}
}

// memoryExceeded starts to close connections, unless that has been started. It must not block: it is called under the lock of a
// connection.
func (s *Server) memoryExceeded() {
	if !s.memory.evicting.Swap(true) {
		go s.freeMemory()
	}
}

// freeMemory closes connections that hold more than their share until a quarter of the bound is free, or will be when those that
// are closing have ended. It does so again after a pause if too much is held then.
func (s *Server) freeMemory() {
	closing := int64(0)
	for socket := range s.Sockets("") {
		if socket.closing.Load() {
			closing += socket.held()
		}
	}
	// Used is read after that: a connection that ends between the two makes the excess too small, which the next time corrects,
	// and not too large.
	limit := s.memory.budget.Limit()
	evicted := s.evict(s.memory.budget.Used() - limit/4*3 - closing)
	s.logLimited(slog.LevelWarn, "connections hold too much together: some that hold more than their share are closed", "max-memory",
		slog.String("reason", "max-memory"),
		slog.Int64("limit", limit),
		slog.Int("connections", evicted))
	time.AfterFunc(evictionPause, func() {
		if s.memory.budget.Used() > s.memory.budget.Limit() {
			s.freeMemory()
			return
		}
		s.memory.evicting.Store(false)
	})
}

// evict closes connections that hold more than their share, until they hold excess bytes together, and returns their number.
func (s *Server) evict(excess int64) (evicted int) {
	share := s.fairShare()
	for socket := range s.Sockets("") {
		if excess <= 0 {
			break
		}
		if held := socket.held(); held >= share && !socket.closing.Load() {
			socket.evict()
			excess -= held
			evicted++
		}
	}
	return evicted
}

// held returns how many bytes the connection itself holds.
func (s *Socket) held() int64 {
	conn := s.conn.Load()
	if conn == nil {
		return 0
	}
	return int64(conn.Holding())
}
