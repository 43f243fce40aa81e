package linger

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// notices are the log lines that peers can cause. Each kind has a number of lines in a minute; those beyond it are
// counted, and the count is logged when the minute is over, so that no peer fills the log, and none of one kind
// hides those of another.
type notices struct {
	mu    sync.Mutex
	kinds map[kind]*minute
}

// kind is a message and an identifier that says why: a cause, a limit, or one for all mistakes of a handshake. There are
// a dozen.
type kind struct{ message, reason string }

// minute counts the lines of a kind since its first one.
type minute struct {
	began      time.Time
	lines      int
	suppressed int
}

const (
	noticePeriod = time.Minute
	noticeLines  = 10 // of one kind in a period
)

// notice logs a line of a kind, unless there have been too many of it.
func (s *Server) notice(level slog.Level, message, reason string, attrs ...slog.Attr) {
	ctx := context.Background()
	if !s.opts.Logger.Enabled(ctx, level) {
		return
	}
	k := kind{message, reason}
	if s.notices.admit(k, func() { s.sumUp(level, k) }) {
		s.opts.Logger.LogAttrs(ctx, level, message, attrs...)
	}
}

// admit reports whether there is room for a line. When the first of a period is suppressed it arranges for
// sumUp to be called at the end of the period.
func (n *notices) admit(k kind, sumUp func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.kinds[k]
	if m == nil || m.suppressed == 0 && time.Since(m.began) >= noticePeriod {
		m = &minute{began: time.Now()}
		if n.kinds == nil {
			n.kinds = map[kind]*minute{}
		}
		n.kinds[k] = m
	}
	if m.lines < noticeLines {
		m.lines++
		return true
	}
	if m.suppressed++; m.suppressed == 1 {
		time.AfterFunc(noticePeriod-time.Since(m.began), sumUp)
	}
	return false
}

// sumUp logs how many lines of a kind were suppressed, and begins a new period.
func (s *Server) sumUp(level slog.Level, k kind) {
	s.notices.mu.Lock()
	suppressed := s.notices.kinds[k].suppressed
	delete(s.notices.kinds, k)
	s.notices.mu.Unlock()
	s.opts.Logger.LogAttrs(context.Background(), level, k.message+": more of the same were not logged",
		slog.String("reason", k.reason), slog.Int("suppressed", suppressed))
}

// noticeEnd logs the end of a connection.
func (s *Socket) noticeEnd(end websocket.Outcome) {
	message, level := "connection ended abnormally", slog.LevelInfo
	switch {
	case isNormal(end.Cause):
		message, level = "connection ended", slog.LevelDebug
	case errors.Is(end.Err, errors.ErrUnsupported): // no request can be served until the program is changed
		level = slog.LevelError
	}
	log := s.server.opts.Logger
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("connection", s.id),
		slog.String("remote", s.RemoteAddr()),
		slog.String("cause", string(end.Cause)),
		slog.Int("sent", int(end.Sent.Code)),
		slog.Int("received", int(end.Received.Code)),
	}
	switch {
	case end.Violation != nil:
		attrs = append(attrs, slog.String("error", end.Violation.Error()))
	case end.Err != nil:
		attrs = append(attrs, slog.String("error", end.Err.Error()))
	}
	if level == slog.LevelDebug {
		log.LogAttrs(context.Background(), level, message, attrs...)
		return
	}
	s.server.notice(level, message, string(end.Cause), attrs...)
}

// isNormal reports whether connections are meant to end for such a cause: by a closing handshake that the peer or the
// application has begun, or by a bound in time that the server was given.
func isNormal(cause protocol.Cause) bool {
	return cause == protocol.CauseClose || cause == CauseIdle || cause == CauseLifetime || cause == CauseShutdown
}
