package linger

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/internal/loglimit"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// lineKind identifies log lines that are limited together: a message, and a cause, a limit, or [handshakeMistake]. There are about
// a dozen.
type lineKind struct{ message, reason string }

// newLogLimit returns the limit of the log lines that peers can cause. No peer can fill the log, and lines of one kind do not
// hide those of others.
func newLogLimit() *loglimit.Limiter[lineKind] {
	return &loglimit.Limiter[lineKind]{Period: time.Minute, Lines: 10}
}

// logLimited logs a line of a kind, unless too many of this kind have been logged. The number of those that were not is logged at
// the end of the minute.
func (s *Server) logLimited(level slog.Level, message, reason string, attrs ...slog.Attr) {
	ctx := context.Background()
	if !s.options().Logger.Enabled(ctx, level) {
		return
	}
	summarise := func(suppressed int) {
		s.options().Logger.LogAttrs(ctx, level, message+": more of the same were not logged",
			slog.String("reason", reason), slog.Int("suppressed", suppressed))
	}
	if s.logLimit.Allow(lineKind{message, reason}, summarise) {
		s.options().Logger.LogAttrs(ctx, level, message, attrs...)
	}
}

// Refuse answers a request with a refusal and logs it, as the server does for a request whose handshake is wrong. An Upgrade handler
// may call it in [Upgrade.Respond].
func (s *Server) Refuse(w http.ResponseWriter, r *http.Request, refusal *handshake.Refusal) {
	s.reportRefusal(slog.LevelInfo, r, refusal.Status, string(refusal.Reason), refusal.Text)
	driver.Refuse(w, refusal)
}

// upgradeRequired answers a request that does not ask for a WebSocket.
func (s *Server) upgradeRequired(w http.ResponseWriter, r *http.Request) {
	refusal := handshake.UpgradeRequired(r.ProtoMajor, handshake.ReasonUpgrade,
		"this address accepts WebSocket connections only: send Upgrade: websocket and Connection: Upgrade, over HTTP/1.1")
	s.logRefusal(slog.LevelDebug, r, refusal.Status, string(refusal.Reason), refusal.Text)
	driver.Refuse(w, refusal)
}

// handshakeMistake is the reason under which all wrong handshakes are limited together, so that a client with many kinds of mistakes
// does not get the lines of many kinds.
const handshakeMistake = "handshake"

// reportRefusal passes a refused upgrade request to Options.Trace, and logs it.
func (s *Server) reportRefusal(level slog.Level, r *http.Request, status int, reason, detail string) {
	if s.trace.Refused != nil {
		s.trace.Refused(r, status, reason)
	}
	s.logRefusal(level, r, status, reason, detail)
}

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
		slog.String("remote", s.clientOf(r).Text),
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
	log := s.server.options().Logger
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
	return cause == protocol.CauseClose || cause == CauseIdle || cause == CauseLifetime || cause == CauseDrain || cause == CauseShutdown || cause == CauseHandover
}

// logAccess writes the access log's line for a connection that has ended.
func (s *Socket) logAccess(end driver.Outcome) {
	t := s.traffic
	o := s.server.options()
	if t == nil || o.AccessLog == nil {
		return
	}
	received, sent := t.received.load(), t.sent.load()
	attrs := []slog.Attr{
		slog.String("remote", s.RemoteAddr()),
		slog.String("path", s.URL().EscapedPath()),
		slog.String("connection", s.id),
		slog.String("cause", string(end.Cause)),
		slog.String("initiator", end.Initiator()),
		slog.Int("sent", int(end.Sent.Code)),
		slog.Int("received", int(end.Received.Code)),
		slog.Duration("duration", time.Since(t.began)),
		slog.Int64("messages_in", received.Messages),
		slog.Int64("bytes_in", received.Bytes),
		slog.Int64("messages_out", sent.Messages),
		slog.Int64("bytes_out", sent.Bytes),
	}
	if len(o.AccessHeaders) > 0 {
		attrs = append(attrs, httprule.LogFields(s.Header(), o.AccessHeaders))
	}
	o.AccessLog.LogAttrs(context.Background(), slog.LevelInfo, "connection", attrs...)
}
