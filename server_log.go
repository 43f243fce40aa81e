package linger

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// logLimit bounds the log lines that peers can cause. Of each kind a number of lines per minute is logged; the others are counted,
// and their number is logged at the end of the minute. So no peer can fill the log, and no kind of line hides another one.
type logLimit struct {
	mu    sync.Mutex
	kinds map[lineKind]*linePeriod
}

// lineKind is a message and an identifier of its reason: a cause, a limit, or one for all mistakes in handshakes. There are about a
// dozen.
type lineKind struct{ message, reason string }

// linePeriod counts the lines of one kind since the first of them.
type linePeriod struct {
	began      time.Time
	logged     int
	suppressed int
}

const (
	limitPeriod  = time.Minute
	linesPerKind = 10 // that are logged in a period
)

// logLimited logs a line of a kind, unless there have been too many.
func (s *Server) logLimited(level slog.Level, message, reason string, attrs ...slog.Attr) {
	ctx := context.Background()
	if !s.opts.Logger.Enabled(ctx, level) {
		return
	}
	kind := lineKind{message, reason}
	if s.logLimit.admit(kind, func() { s.logSuppressed(level, kind) }) {
		s.opts.Logger.LogAttrs(ctx, level, message, attrs...)
	}
}

// admit reports whether a line is to be logged. When the first line of a period is suppressed it arranges for logSuppressed to be
// called at the end of the period.
func (l *logLimit) admit(kind lineKind, logSuppressed func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.kinds[kind]
	if p == nil || p.suppressed == 0 && time.Since(p.began) >= limitPeriod {
		p = &linePeriod{began: time.Now()}
		if l.kinds == nil {
			l.kinds = map[lineKind]*linePeriod{}
		}
		l.kinds[kind] = p
	}
	if p.logged < linesPerKind {
		p.logged++
		return true
	}
	if p.suppressed++; p.suppressed == 1 {
		time.AfterFunc(limitPeriod-time.Since(p.began), logSuppressed)
	}
	return false
}

// logSuppressed logs how many lines of a kind were suppressed, and begins a new period.
func (s *Server) logSuppressed(level slog.Level, kind lineKind) {
	s.logLimit.mu.Lock()
	suppressed := s.logLimit.kinds[kind].suppressed
	delete(s.logLimit.kinds, kind)
	s.logLimit.mu.Unlock()
	s.opts.Logger.LogAttrs(context.Background(), level, kind.message+": more of the same were not logged",
		slog.String("reason", kind.reason), slog.Int("suppressed", suppressed))
}

// Refuse answers a request with a refusal and logs it, as the server does for a request whose handshake is wrong. An Upgrade handler
// may call it in [Upgrade.Respond].
func (s *Server) Refuse(w http.ResponseWriter, r *http.Request, refusal *handshake.Refusal) {
	s.logRefusal(slog.LevelInfo, r, refusal.Status, string(refusal.Reason), refusal.Text)
	driver.Refuse(w, refusal)
}

// upgradeRequired answers a request that does not ask for a WebSocket.
func (s *Server) upgradeRequired(w http.ResponseWriter, r *http.Request) {
	refusal := handshake.UpgradeRequired(r.ProtoMajor, handshake.ReasonUpgrade,
		"this address speaks WebSocket only: send Upgrade: websocket and Connection: Upgrade, over HTTP/1.1")
	s.logRefusal(slog.LevelDebug, r, refusal.Status, string(refusal.Reason), refusal.Text)
	driver.Refuse(w, refusal)
}

// handshakeMistake is the reason under which all wrong handshakes are limited together, so that a client with many kinds of mistakes
// does not get the lines of many kinds.
const handshakeMistake = "handshake"

// logRefusal logs that a request was refused without the application. reason is an identifier: one of [handshake.Reason], a limit
// of [Options], or what the server lacks.
func (s *Server) logRefusal(level slog.Level, r *http.Request, status int, reason, detail string) {
	kind := reason
	if status == http.StatusBadRequest || status == http.StatusMethodNotAllowed || status == http.StatusUpgradeRequired {
		kind = handshakeMistake
	}
	s.logLimited(level, "request refused", kind,
		slog.String("reason", reason),
		slog.Int("status", status),
		slog.String("remote", s.clientOf(r).text),
		slog.String("detail", detail))
}

// logEnd logs the end of a connection.
func (s *Socket) logEnd(end driver.Outcome) {
	message, level := "connection ended abnormally", slog.LevelInfo
	switch {
	case isNormal(end.Cause):
		message, level = "connection ended", slog.LevelDebug
	case errors.Is(end.Err, errors.ErrUnsupported): // a mistake in the program, which affects every request
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
	s.server.logLimited(level, message, string(end.Cause), attrs...)
}

// isNormal reports whether a connection with this cause has ended as intended: by a closing handshake that the peer or the
// application has started, or by a bound in time that the server was given.
func isNormal(cause protocol.Cause) bool {
	return cause == protocol.CauseClose || cause == CauseIdle || cause == CauseLifetime || cause == CauseShutdown
}

// traffic counts the messages of a connection for Options.AccessLog. Payload bytes are counted without compression. A nil traffic
// counts nothing.
type traffic struct {
	began                    time.Time
	received, sent           atomic.Int64 // messages
	receivedBytes, sentBytes atomic.Int64
}

// newTraffic returns nil if there is no access log.
func newTraffic(o *Options) *traffic {
	if o.AccessLog == nil {
		return nil
	}
	return &traffic{began: time.Now()}
}

func (t *traffic) countReceived(events []protocol.Event) {
	if t == nil {
		return
	}
	for _, ev := range events {
		if ev.Kind == protocol.EventMessage {
			t.received.Add(1)
			t.receivedBytes.Add(int64(len(ev.Payload)))
		}
	}
}

func (t *traffic) countSent(size int) {
	if t != nil {
		t.sent.Add(1)
		t.sentBytes.Add(int64(size))
	}
}

// logAccess writes the access log's line for a connection that has ended.
func (s *Socket) logAccess(end driver.Outcome) {
	t := s.traffic
	if t == nil {
		return
	}
	s.server.opts.AccessLog.LogAttrs(context.Background(), slog.LevelInfo, "connection",
		slog.String("remote", s.RemoteAddr()),
		slog.String("path", s.URL().EscapedPath()),
		slog.String("connection", s.id),
		slog.String("cause", string(end.Cause)),
		slog.Int("sent", int(end.Sent.Code)),
		slog.Int("received", int(end.Received.Code)),
		slog.Duration("duration", time.Since(t.began)),
		slog.Int64("messages_in", t.received.Load()),
		slog.Int64("bytes_in", t.receivedBytes.Load()),
		slog.Int64("messages_out", t.sent.Load()),
		slog.Int64("bytes_out", t.sentBytes.Load()))
}
